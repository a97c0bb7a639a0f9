import { Ajv2020 } from 'ajv/dist/2020.js';
import { duplicateKey } from './duplicate-keys.ts';
import schema from './event.schema.json' with { type: 'json' };

/** Largest record in bytes: what the tiles of a Merkle tree can carry. */
const MAX_RECORD_BYTES = 65_535;

const validate = new Ajv2020({ allErrors: false, allowUnionTypes: true, validateSchema: false }).compile(
  schema,
);
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Checks one record as it came over the wire. Fields that the schema does not know are fine.
 * @returns what is wrong in one line without any value of the record, or null
 */
export function checkEvent(record: Uint8Array): string | null {
  if (record.length > MAX_RECORD_BYTES) {
    return `the record has ${record.length} bytes; at most ${MAX_RECORD_BYTES} are allowed`;
  }
  let text: string;
  let value: unknown;
  try {
    text = utf8.decode(record);
    value = JSON.parse(text);
  } catch {
    return 'the record is not JSON in UTF-8';
  }
  if (!validate(value)) {
    const [error] = validate.errors!;
    return `the record does not fit event.schema.json: ${error!.instancePath || '/'} ${error!.message}`;
  }
  return duplicateKey(text) === null ? null : 'the record says a key twice';
}

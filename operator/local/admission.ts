import { type Manifest, ObjectError } from '../runtime/objects.ts';
import type { Admission } from './object-store.ts';
import type { FieldError, Validator } from './validate.ts';

/** At most this many faults of one object are told at once. */
const MAX_ERRORS = 10;

/**
 * Admits objects as an API server would: ours by their CRD, Secrets with `stringData` folded into `data`. The
 * operator's own objects pass as they are.
 */
export function admissionOf(validator: Validator): Admission {
  return (manifest, previous) => {
    if (manifest.kind === 'Secret') return secret(manifest);
    if (!validator.knows(manifest)) return manifest;
    const { object, errors } = validator.validate(manifest, previous);
    if (errors !== undefined) throw new ObjectError('Invalid', errorText(errors));
    return object as Manifest;
  };
}

function errorText(errors: readonly FieldError[]): string {
  const shown = errors.slice(0, MAX_ERRORS).map(({ path, message }) => `${path}: ${message}`);
  const more = errors.length - shown.length;
  return `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

function secret(manifest: Manifest): Manifest {
  const { stringData, ...rest } = manifest;
  const data = { ...stringMap(manifest.data, 'data') };
  for (const [key, value] of Object.entries(stringMap(stringData, 'stringData'))) {
    data[key] = Buffer.from(value).toString('base64');
  }
  for (const key of Object.keys(data)) {
    // Keys become file names.
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key) || key.startsWith('..') || key === '.') {
      throw new ObjectError('Invalid', `data: ${JSON.stringify(key)} is not a valid key`);
    }
  }
  return { ...rest, data };
}

/** The message must not show a value: it may be a secret. */
function stringMap(value: unknown, path: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  const valid = typeof value === 'object' && !Array.isArray(value);
  if (!valid || !Object.values(value).every((member) => typeof member === 'string')) {
    throw new ObjectError('Invalid', `${path}: every value must be a string; quote numbers and booleans`);
  }
  return value as Record<string, string>;
}

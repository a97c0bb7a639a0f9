import type { JsonNode } from './node.ts';

export type JsonErrorCode =
  | 'invalid_json'
  | 'invalid_utf8'
  | 'duplicate_key'
  | 'nesting_too_deep'
  | 'too_many_values';

/** Why bytes are not a JSON text that we take. The message holds nothing of the content. */
export class JsonError extends Error {
  readonly code: JsonErrorCode;
  /** UTF-16 offset in the decoded text, -1 when it could not be decoded. */
  readonly offset: number;
  /** Where it happened: the second member of two with one key, or the innermost open container. */
  readonly node: JsonNode | null;

  constructor(code: JsonErrorCode, message: string, offset: number, node: JsonNode | null) {
    super(message);
    this.name = 'JsonError';
    this.code = code;
    this.offset = offset;
    this.node = node;
  }
}

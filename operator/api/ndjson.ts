import { ApiError } from './errors.ts';

const NEWLINE = 0x0a;

/**
 * Splits a body into its lines without decoding them: the bytes are what was hashed. A last newline is optional.
 * @throws ApiError `invalid_body` for an empty line
 */
export function splitLines(body: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < body.length; ) {
    const at = body.indexOf(NEWLINE, from);
    const to = at < 0 ? body.length : at;
    if (to === from) throw new ApiError('invalid_body', `line ${lines.length + 1} of the batch is empty.`);
    lines.push(body.subarray(from, to));
    from = to + 1;
  }
  return lines;
}

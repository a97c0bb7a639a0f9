import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { LineVerifier, type VerifyOptions, type VerifyReport } from '../contract/verify-lines.ts';
import { scanLines } from './line.ts';
import { listSegments } from './segments.ts';

const NEWLINE = 10;
/** A line longer than this is no record (bytes). */
const MAX_LINE_BYTES = 1_000_000;

/**
 * Verifies a spool folder, one segment file of it, or a file with one record a line. Reads only, and may run while a
 * gateway writes. Memory does not grow with the input, but for one segment. What cannot be read at all gives a report
 * with `unreadable`.
 */
export async function verifyPath(path: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  const verifier = new LineVerifier(options);
  try {
    if ((await stat(path)).isDirectory()) {
      for (const segment of listSegments(path)) addSegment(verifier, await readFile(segment.path));
    } else if (path.endsWith('.seg')) {
      addSegment(verifier, await readFile(path));
    } else {
      await addLines(verifier, path);
    }
  } catch (error) {
    verifier.refuse(`${path} cannot be read${reason(error)}`);
  }
  return verifier.finish();
}

/** The words of the system would say the path once more. */
function reason(error: unknown): string {
  if (error instanceof Error && 'code' in error) return ` (${String(error.code)})`;
  return `: ${error instanceof Error ? error.message : String(error)}`;
}

/** Unreadable lines in the middle show as missing seqs. At the end there may be a line that is being written. */
function addSegment(verifier: LineVerifier, data: Buffer): void {
  const { lines, validEnd } = scanLines(data);
  for (const line of lines) if (line.type === 'E') verifier.add(data.subarray(line.start, line.end));
  if (data.subarray(validEnd).includes(NEWLINE)) verifier.unreadable('the end of a segment is unreadable');
}

async function addLines(verifier: LineVerifier, path: string): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, at)) {
      if (end > at) verifier.add(data.subarray(at, end));
      at = end + 1;
    }
    rest = data.subarray(at);
    if (rest.length > MAX_LINE_BYTES) throw new Error('a line is too long for an event record');
  }
  if (rest.length > 0) verifier.add(rest);
}

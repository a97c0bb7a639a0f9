import { crc32 } from 'node:zlib';

/**
 * One line of a segment file: `<type> <CRC-32, 8 hex> <bytes, 7 digits> <record>\n`. A record is one JSON object
 * without a line break in it. The type is part of the checksum.
 */
export type LineType = 'H' | 'B' | 'E';

/** Bytes before the record. */
export const PREFIX_BYTES = 19;
const LENGTH_AT = 11;
const LENGTH_DIGITS = 7;
/** Largest record that the length field can say, in bytes. */
const MAX_RECORD_BYTES = 9_999_999;
const NEWLINE = 10;
const SPACE = 32;

function checksum(type: number, record: Uint8Array): string {
  return crc32(record, type).toString(16).padStart(8, '0');
}

/** Most bytes that a line with this record can take. */
export function lineBound(record: string): number {
  return PREFIX_BYTES + record.length * 3 + 1;
}

/**
 * Writes one line; `lineBound` bytes must be free.
 * @param rest of the record: to write it apart spares a copy of both
 * @returns where the line ends
 */
export function writeLine(buffer: Buffer, at: number, type: LineType, record: string, rest = ''): number {
  const start = at + PREFIX_BYTES;
  const middle = start + buffer.write(record, start);
  const end = middle + buffer.write(rest, middle);
  const bytes = end - start;
  if (bytes > MAX_RECORD_BYTES) throw new RangeError(`a record of ${bytes} bytes does not fit a line`);
  const sum = checksum(type.charCodeAt(0), buffer.subarray(start, end));
  buffer.write(`${type} ${sum} ${String(bytes).padStart(LENGTH_DIGITS, '0')} `, at, 'latin1');
  buffer[end] = NEWLINE;
  return end + 1;
}

/** A readable line: the record is `buffer[start..end)`. */
export interface ScannedLine {
  type: LineType;
  start: number;
  end: number;
}

/** Bytes `[from..to)` that hold no readable line. */
export interface BadRange {
  from: number;
  to: number;
}

export interface Scan {
  lines: ScannedLine[];
  bad: BadRange[];
  /** Where the last readable line ends. */
  validEnd: number;
}

/** Reads the line that starts at `at`, or null when none that is whole and sound does. */
export function readLine(buffer: Buffer, at: number, until: number): ScannedLine | null {
  const start = at + PREFIX_BYTES;
  if (start >= until) return null;
  const type = buffer[at]!;
  // H, B or E
  if ((type !== 69 && type !== 66 && type !== 72) || buffer[at + 1] !== SPACE || buffer[start - 1] !== SPACE)
    return null;
  let bytes = 0;
  for (let index = at + LENGTH_AT; index < at + LENGTH_AT + LENGTH_DIGITS; index += 1) {
    const digit = buffer[index]! - 48;
    if (digit < 0 || digit > 9) return null;
    bytes = bytes * 10 + digit;
  }
  const end = start + bytes;
  if (end >= until || buffer[end] !== NEWLINE) return null;
  if (buffer.toString('latin1', at + 2, at + 10) !== checksum(type, buffer.subarray(start, end))) return null;
  return { type: type === 69 ? 'E' : type === 66 ? 'B' : 'H', start, end };
}

/** Largest record of an event or begin line; only headers may be longer (bytes). */
const MAX_EVENT_LINE_BYTES = 65_535;
const HEADER = 72;

/** True when the line that starts at `at` says that it goes on behind `until`. */
export function isCut(buffer: Buffer, at: number, until: number): boolean {
  const start = at + PREFIX_BYTES;
  if (start >= until) return true;
  const bytes = Number(buffer.toString('latin1', at + LENGTH_AT, at + LENGTH_AT + LENGTH_DIGITS));
  if (buffer[at] !== HEADER && bytes > MAX_EVENT_LINE_BYTES) return false;
  return Number.isInteger(bytes) && start + bytes + 1 > until;
}

/** Every readable line of `buffer[from..until)`; after an unreadable one it goes on behind the next line break. */
export function scanLines(buffer: Buffer, from = 0, until = buffer.length): Scan {
  const scan: Scan = { lines: [], bad: [], validEnd: from };
  let at = from;
  let badFrom = -1;
  while (at < until) {
    const line = readLine(buffer, at, until);
    if (line !== null) {
      if (badFrom >= 0) scan.bad.push({ from: badFrom, to: at });
      badFrom = -1;
      scan.lines.push(line);
      at = line.end + 1;
      scan.validEnd = at;
      continue;
    }
    if (badFrom < 0) badFrom = at;
    const next = buffer.indexOf(NEWLINE, at);
    at = next < 0 || next >= until ? until : next + 1;
  }
  if (badFrom >= 0) scan.bad.push({ from: badFrom, to: until });
  return scan;
}

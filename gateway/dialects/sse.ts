import { Buffer, isAscii } from 'node:buffer';
import { GatewayError } from '../errors.ts';
import { JsonError } from '../json/error.ts';
import { decodeUtf8 } from '../json/read.ts';

/** One event of a stream with the very bytes it came in, its blank line included. */
export interface SseFrame {
  readonly raw: Buffer;
  /** Its bytes, which may be known before they are cut out. */
  readonly size: number;
  /** The `data` lines joined by newlines; `null` for comments, other fields and blank lines alone. */
  readonly data: string | null;
  /** Byte offsets in `raw` of the values of the `data` lines, as pairs. */
  readonly ranges: readonly number[];
  /** Known to be of ASCII alone. */
  readonly ascii?: boolean;
}

const LF = 0x0a;
const CR = 0x0d;

/** One event that is alone in its buffer's part; its bytes and places are looked up when somebody asks. */
class CutFrame implements SseFrame {
  readonly data: string | null;
  readonly #chunk: Buffer;
  readonly #from: number;
  readonly #to: number;
  #raw: Buffer | null = null;

  constructor(chunk: Buffer, from: number, to: number, data: string | null) {
    this.#chunk = chunk;
    this.#from = from;
    this.#to = to;
    this.data = data;
  }

  get size(): number {
    return this.#to - this.#from;
  }

  get raw(): Buffer {
    this.#raw ??= this.#chunk.subarray(this.#from, this.#to);
    return this.#raw;
  }

  get ranges(): readonly number[] {
    return dataRanges(this.raw, 0);
  }

  get ascii(): boolean {
    return true;
  }
}

/**
 * Cuts server-sent events out of bytes that arrive in any split: LF, CRLF or CR, a byte order mark, comments, several
 * `data` lines, no final blank line. No byte is lost: the frames in a row are the bytes that came.
 */
export class SseReader {
  readonly #maxFrameBytes: number;
  #parts: Buffer[] = [];
  #size = 0;
  #atLineStart = true;
  #afterCr = false;
  #first = true;

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Bytes of an event whose end has not come. */
  get open(): number {
    return this.#size;
  }

  /**
   * @param frames where the events go: those before one that throws too
   * @throws GatewayError `upstream_invalid` for an event that is too large or no UTF-8
   */
  push(chunk: Buffer, frames: SseFrame[] = []): SseFrame[] {
    if (this.#size === 0 && this.#atLineStart && !this.#afterCr && !chunk.includes(CR) && isAscii(chunk)) {
      return this.#pushPlain(chunk, frames);
    }
    const { length } = chunk;
    let from = 0;
    let atLineStart = this.#atLineStart;
    let afterCr = this.#afterCr;
    for (let i = 0; i < length; i++) {
      const c = chunk[i];
      if (c !== LF && c !== CR) {
        atLineStart = false;
        afterCr = false;
        while (i + 1 < length && chunk[i + 1] !== LF && chunk[i + 1] !== CR) i++;
        continue;
      }
      if (c === LF && afterCr) {
        afterCr = false;
        continue;
      }
      afterCr = c === CR;
      if (!atLineStart) {
        atLineStart = true;
        continue;
      }
      // A blank line. The LF of a CRLF that is still to come stays with the next frame.
      if (c === CR && i + 1 < length && chunk[i + 1] === LF) {
        afterCr = false;
        i++;
      }
      frames.push(this.#frame(chunk.subarray(from, i + 1)));
      from = i + 1;
    }
    this.#atLineStart = atLineStart;
    this.#afterCr = afterCr;
    if (from < chunk.length) this.#keep(chunk.subarray(from));
    return frames;
  }

  /** The same for a chunk that begins an event, of ASCII with LF alone, as nearly all are: it is decoded in one go. */
  #pushPlain(chunk: Buffer, frames: SseFrame[]): SseFrame[] {
    const text = chunk.toString('latin1');
    let from = 0;
    while (from < text.length) {
      const line = text.indexOf('\n', from);
      const single = line > from && text.charCodeAt(line + 1) === LF;
      const end = single || line === from ? line : text.indexOf('\n\n', from);
      if (line === -1 || end === -1) break;
      const to = end === from ? end + 1 : end + 2;
      this.#checkSize(to - from);
      if (single) frames.push(new CutFrame(chunk, from, to, dataOfLine(text, from, end)));
      else {
        const raw = chunk.subarray(from, to);
        const ranges = dataRanges(raw, 0);
        frames.push({ raw, size: raw.length, data: decode(raw, ranges), ranges });
      }
      from = to;
    }
    if (from > 0) this.#first = false;
    if (from < text.length) {
      this.#atLineStart = text.charCodeAt(text.length - 1) === LF;
      this.#keep(chunk.subarray(from));
    }
    return frames;
  }

  /** What came after the last blank line; `null` when nothing did. */
  end(): SseFrame | null {
    return this.#size === 0 ? null : this.#frame(Buffer.alloc(0));
  }

  #keep(part: Buffer): void {
    this.#size += part.length;
    this.#check();
    this.#parts.push(part);
  }

  #check(): void {
    this.#checkSize(this.#size);
  }

  #checkSize(size: number): void {
    if (size <= this.#maxFrameBytes) return;
    throw new GatewayError(
      'upstream_invalid',
      `An event of the upstream's stream is larger than ${this.#maxFrameBytes} bytes.`,
    );
  }

  #frame(last: Buffer): SseFrame {
    this.#size += last.length;
    this.#check();
    const raw = this.#parts.length === 0 ? last : Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    this.#size = 0;
    const start = this.#first && raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf ? 3 : 0;
    this.#first = false;
    const ranges = dataRanges(raw, start);
    return { raw, size: raw.length, data: decode(raw, ranges), ranges };
  }
}

/**
 * What stands in an event beside its data, such as comments and ids, line by line; empty for nothing. Clients skip
 * most of it, but it travels.
 */
export function otherLines(frame: SseFrame): string {
  // One line of data.
  if (frame instanceof CutFrame && frame.data !== null) return '';
  const { raw, ranges } = frame;
  const lines: string[] = [];
  for (let i = 0; i <= ranges.length; i += 2) {
    const part = raw.toString('utf8', i === 0 ? 0 : ranges[i - 1], ranges[i] ?? raw.length);
    for (const line of part.split(/[\r\n]+/)) if (!DATA_FIELD.test(line)) lines.push(line);
  }
  return lines.join('\n');
}

/** A line of data without its value, or nothing. */
const DATA_FIELD = /^\ufeff?(?:data:? ?)?$/;

/** An event of nothing but this data. */
export function dataFrame(data: string): SseFrame {
  const raw = Buffer.from(`data: ${data.replaceAll('\n', '\ndata: ')}\n\n`);
  return { raw, size: raw.length, data, ranges: dataRanges(raw, 0) };
}

function dataRanges(raw: Buffer, start: number): number[] {
  const ranges: number[] = [];
  const { length } = raw;
  let from = start;
  // Each is looked for once per occurrence, so that many short lines cost no more than their bytes.
  let lf = raw.indexOf(LF);
  let cr = raw.indexOf(CR);
  while (from < length) {
    if (lf >= 0 && lf < from) lf = raw.indexOf(LF, from);
    let end = lf < 0 ? length : lf;
    if (cr >= 0 && cr < from) cr = raw.indexOf(CR, from);
    if (cr >= 0 && cr < end) end = cr;
    if (isData(raw, from, end)) {
      let value = Math.min(from + 5, end);
      if (value < end && raw[value] === 0x20) value++;
      ranges.push(value, end);
    }
    from = end + 1;
  }
  return ranges;
}

/** Whether the line is `data` alone or begins with `data:`. */
function isData(raw: Buffer, from: number, to: number): boolean {
  return (
    to - from >= 4 &&
    raw[from] === 0x64 &&
    raw[from + 1] === 0x61 &&
    raw[from + 2] === 0x74 &&
    raw[from + 3] === 0x61 &&
    (to - from === 4 || raw[from + 4] === 0x3a)
  );
}

/** The value of the `data` line at `from`; `null` for another. */
function dataOfLine(text: string, from: number, to: number): string | null {
  if (!text.startsWith('data', from)) return null;
  if (to - from === 4) return '';
  if (text.charCodeAt(from + 4) !== 0x3a) return null;
  return text.slice(text.charCodeAt(from + 5) === 0x20 ? from + 6 : from + 5, to);
}

function decode(raw: Buffer, ranges: readonly number[]): string | null {
  if (ranges.length === 0) return null;
  try {
    if (ranges.length === 2) return decodeUtf8(raw.subarray(ranges[0], ranges[1]));
    const lines: string[] = [];
    for (let i = 0; i < ranges.length; i += 2) lines.push(decodeUtf8(raw.subarray(ranges[i], ranges[i + 1])));
    return lines.join('\n');
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new GatewayError('upstream_invalid', "An event of the upstream's stream is not valid UTF-8.", {
      cause: error,
    });
  }
}

/** The frame's bytes with other data: in the place of the first `data` line, the others are taken out. */
export function rewriteFrame(frame: SseFrame, data: string): Buffer {
  const { raw, ranges } = frame;
  const written = data.includes('\n') ? data.split('\n').join('\ndata: ') : data;
  return Buffer.concat([
    raw.subarray(0, ranges[0]),
    Buffer.from(written),
    raw.subarray(ranges[ranges.length - 1]),
  ]);
}

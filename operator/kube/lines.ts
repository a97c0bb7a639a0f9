import { Malformed } from './decode.ts';

/** Bytes that one line may have. etcd takes objects of 1.5 MiB; `managedFields` and escapes can triple that. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

const LINE_FEED = 0x0a;

/**
 * The lines of a stream of bytes, wherever its chunks are cut: a line is decoded when it is whole. An unfinished last
 * line is dropped, as the connection broke within it.
 *
 * @throws Malformed for a line over the limit
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes = MAX_LINE_BYTES,
): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      parts.push(chunk.subarray(start, end));
      yield Buffer.concat(parts).toString('utf8');
      parts = [];
      size = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    parts.push(chunk.subarray(start));
    size += chunk.length - start;
    if (size > maxBytes) throw new Malformed(`a line of over ${maxBytes} bytes`);
  }
}

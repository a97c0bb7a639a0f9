import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * Text of a file in UTF-8, or null where it holds more than `maxBytes`: what a path leads to is not in our hands, and
 * a file of gigabytes must not fill the memory.
 *
 * @throws Error of `node:fs` with its `code`; one with the code `no regular file` for a pipe, a device, a folder
 */
export async function readBounded(path: string, maxBytes: number): Promise<string | null> {
  const file = await open(path, OPEN_FLAGS);
  try {
    if (!(await file.stat()).isFile())
      throw Object.assign(new Error(`${path} is no regular file`), { code: 'no regular file' });
    const chunks: Buffer[] = [];
    for (let size = 0; size <= maxBytes; ) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, maxBytes + 1 - size));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) return Buffer.concat(chunks).toString('utf8');
      chunks.push(chunk.subarray(0, bytesRead));
      size += bytesRead;
    }
    return null;
  } finally {
    await file.close();
  }
}

/** A pipe is opened without waiting for who writes into it: nothing ends such a wait, not even the end of a process. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
const CHUNK_BYTES = 65_536;

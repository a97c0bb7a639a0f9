import { open } from 'node:fs/promises';

/**
 * Text of a file in UTF-8, or null where it holds more than `maxBytes`: what a path leads to is not in our hands, and
 * a device or a file of gigabytes must not fill the memory.
 *
 * @throws Error of `node:fs` with its `code`
 */
export async function readBounded(path: string, maxBytes: number): Promise<string | null> {
  const file = await open(path, 'r');
  try {
    const chunks: Buffer[] = [];
    for (let size = 0; size <= maxBytes; ) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, maxBytes + 1 - size));
      // A pipe gives what there is; the end is where it gives nothing.
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

const CHUNK_BYTES = 65_536;

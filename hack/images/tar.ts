import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** One member of a tar stream. Paths have no leading `/`; those of folders end without one too. */
export type TarEntry = { path: string; mode: number } & (
  | { type: 'folder' }
  | { type: 'file'; size: number; content: AsyncIterable<Uint8Array> | Iterable<Uint8Array> }
  | { type: 'link'; target: string }
);

const BLOCK = 512;
/** Two empty blocks end a stream. */
const END = Buffer.alloc(2 * BLOCK);
const TYPE_FLAGS = { file: '0', link: '2', folder: '5' } as const;
/** Bytes that the fields of a header have for the name and for the target of a link. */
const NAME_BYTES = 100;

/**
 * The stream of these entries, in their order (POSIX `ustar`, with `pax` records for long names). Everything belongs
 * to root and is of the year 1970, so that equal entries make equal bytes.
 *
 * @throws Error when a file turns out longer or shorter than its entry says.
 */
export async function* tarOf(
  entries: AsyncIterable<TarEntry> | Iterable<TarEntry>,
): AsyncGenerator<Uint8Array> {
  for await (const entry of entries) {
    yield headerOf(entry);
    if (entry.type !== 'file') continue;
    let size = 0;
    for await (const chunk of entry.content) {
      size += chunk.length;
      yield chunk;
    }
    if (size !== entry.size) throw new Error(`${entry.path} has ${size} bytes and not ${entry.size}`);
    yield padding(size);
  }
  yield END;
}

/** A file whose content is at hand. */
export function textEntry(path: string, content: string | Uint8Array, mode = 0o644): TarEntry {
  const bytes = Buffer.from(content);
  return { type: 'file', path, mode, size: bytes.length, content: [bytes] };
}

/** A file that is read from the disk when it is its turn. */
export async function fileEntry(path: string, file: string, mode = 0o644): Promise<TarEntry> {
  const { size } = await lstat(file);
  return { type: 'file', path, mode, size, content: createReadStream(file, { highWaterMark: 1 << 20 }) };
}

/**
 * Everything below a folder, in the order of the names. Modes come in three kinds, whatever the umask was: 0755 for
 * folders and programs, 0644 for other files, 1777 for folders with the sticky bit.
 */
export async function* folderEntries(folder: string, prefix = ''): AsyncGenerator<TarEntry> {
  const names = await readdir(folder);
  for (const name of names.sort()) {
    const [file, path] = [join(folder, name), prefix + name];
    const stat = await lstat(file);
    if (stat.isDirectory()) {
      yield { type: 'folder', path, mode: stat.mode & 0o1000 ? 0o1777 : 0o755 };
      yield* folderEntries(file, `${path}/`);
    } else if (stat.isSymbolicLink()) {
      yield { type: 'link', path, mode: 0o777, target: await readlink(file) };
    } else if (stat.isFile()) {
      yield await fileEntry(path, file, stat.mode & 0o100 ? 0o755 : 0o644);
    } else {
      throw new Error(`${file} is neither a file nor a folder nor a link`);
    }
  }
}

function headerOf(entry: TarEntry): Uint8Array {
  const path = entry.type === 'folder' ? `${entry.path}/` : entry.path;
  const target = entry.type === 'link' ? entry.target : '';
  const records = [
    ...(Buffer.byteLength(path) > NAME_BYTES ? [paxRecord('path', path)] : []),
    ...(Buffer.byteLength(target) > NAME_BYTES ? [paxRecord('linkpath', target)] : []),
  ].join('');
  const block = header(
    path,
    target,
    entry.mode,
    entry.type === 'file' ? entry.size : 0,
    TYPE_FLAGS[entry.type],
  );
  if (records === '') return block;
  const size = Buffer.byteLength(records);
  return Buffer.concat([
    header('pax-header', '', 0o644, size, 'x'),
    Buffer.from(records),
    padding(size),
    block,
  ]);
}

function header(path: string, target: string, mode: number, size: number, flag: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number): unknown =>
    block.write(value.toString(8).padStart(digits, '0'), at);
  Buffer.from(path).copy(block, 0, 0, NAME_BYTES);
  octal(mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(0, 136, 11);
  // The sum counts its own field as spaces.
  block.write(' '.repeat(8), 148);
  block.write(flag, 156);
  Buffer.from(target).copy(block, 157, 0, NAME_BYTES);
  block.write('ustar\0', 257);
  block.write('00', 263);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** `<length> <key>=<value>\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let digits = 1;
  while (String(bytes + digits).length > digits) digits += 1;
  return `${bytes + digits}${rest}`;
}

function padding(size: number): Uint8Array {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** The link that all files of a volume go through, as the kubelet makes it. */
const DATA = '..data';

/**
 * Puts `files` (path below the folder → content) into a folder so that a reader sees all of the old or all of the
 * new files: they are written beside, then one link is swapped. Returns whether anything changed.
 */
export function writeVolume(folder: string, files: ReadonlyMap<string, string | Uint8Array>): boolean {
  const version = `..${digest(files)}`;
  const data = join(folder, DATA);
  if (existsSync(data) && readlinkSync(data) === version) return false;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // A crash may have left this version half written.
  rmSync(join(folder, version), { recursive: true, force: true });
  mkdirSync(join(folder, version), { mode: 0o700 });
  for (const [path, content] of files) {
    const file = join(folder, version, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, content, { mode: 0o600 });
  }
  swapLink(version, data);
  linkNames(folder, new Set([...files.keys()].map((path) => path.split('/')[0]!)));
  for (const name of readdirSync(folder)) {
    if (name.startsWith('..') && name !== DATA && name !== version) {
      rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
  return true;
}

function swapLink(target: string, link: string): void {
  const temporary = `${link}_tmp`;
  rmSync(temporary, { force: true });
  symlinkSync(target, temporary);
  renameSync(temporary, link);
}

/** Makes one link per visible name and removes those that no longer have a file. */
function linkNames(folder: string, names: ReadonlySet<string>): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('..') && !names.has(name))
      rmSync(join(folder, name), { recursive: true, force: true });
  }
  for (const name of names) {
    if (!existsSync(join(folder, name))) swapLink(join(DATA, name), join(folder, name));
  }
}

function digest(files: ReadonlyMap<string, string | Uint8Array>): string {
  const hash = createHash('sha256');
  for (const [path, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    // Lengths keep two different sets of files from having one text.
    hash.update(`${path.length}:${path}:${content.length}:`).update(content);
  }
  return hash.digest('hex').slice(0, 32);
}

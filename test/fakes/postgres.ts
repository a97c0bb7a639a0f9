import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from './gateway-main.ts';
import { PASSWORD, postgresFiles, SUPERUSER } from './postgres-files.ts';

/** A real PostgreSQL server, with nothing of it left when it is stopped or this process ends, however it ends. */
export interface PostgresServer {
  port: number;
  /** URL of a database; of the one that administers when none is named. */
  url(database?: string): string;
  /** Makes an empty database. Returns its URL. */
  createDatabase(): Promise<string>;
  /** Runs a statement as superuser. Returns its rows. */
  admin(sql: string, database?: string): Promise<Record<string, unknown>[]>;
  /** Ends the server as a crash does; connections break. `start` brings it back with what was committed. */
  halt(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Keeps the server and removes its folder at the end of its input, which comes also when this process is killed. It
 * has a process group of its own, so that Ctrl-C reaches it through its input only.
 */
const KEEPER = `
binary=$1 template=$2 folder=$3; shift 3
cp -R "$template" "$folder/data" && chmod 700 "$folder/data" || exit 1
pid=
end() { [ -z "$pid" ] || { kill -QUIT "$pid"; wait "$pid"; pid=; } 2>/dev/null; }
while read -r command; do
  case $command in
    start) "$binary" -D "$folder/data" "$@" & pid=$! ;;
    halt) end; echo halted ;;
  esac
done
end
rm -rf "$folder"
`;

/** @param settings PostgreSQL's own, such as `max_connections` */
export async function startPostgres(settings: Record<string, string> = {}): Promise<PostgresServer> {
  const { folder: programs, template, user } = postgresFiles();
  const folder = mkdtempSync(join(tmpdir(), 'keeptrusts-pg-'));
  chmodSync(folder, 0o700);
  if (user !== null) chownSync(folder, user.uid, user.gid);
  const port = await freePort();
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    fsync: 'off',
    shared_buffers: '32MB',
    ...settings,
  };
  const keeper = spawn(
    '/bin/sh',
    [
      ...['-c', KEEPER, 'keeper', join(programs, 'bin/postgres'), template, folder],
      ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    { ...user, cwd: folder, detached: true, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } },
  );
  const ended = once(keeper, 'exit');
  const start = async (): Promise<void> => {
    keeper.stdin.write('start\n');
    await said(keeper, /ready to accept connections/);
  };
  const url = (database = 'postgres'): string =>
    `postgres://${SUPERUSER}:${PASSWORD}@127.0.0.1:${port}/${database}`;
  const admin: PostgresServer['admin'] = async (sql, database) => {
    const client = new pg.Client({ connectionString: url(database) });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  };
  let databases = 0;
  await start();
  return {
    port,
    url,
    admin,
    start,
    async createDatabase() {
      databases += 1;
      const name = `test_${databases}`;
      await admin(`CREATE DATABASE ${name}`);
      return url(name);
    },
    async halt() {
      keeper.stdin.write('halt\n');
      await said(keeper, /halted/);
    },
    async stop() {
      keeper.stdin.end();
      await ended;
    },
  };
}

/** Resolves when the server prints what is looked for. @throws Error with what it printed when it ends before */
function said(keeper: ChildProcess, wanted: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const done = (): void => {
      for (const stream of [keeper.stdout, keeper.stderr]) stream?.off('data', read);
      keeper.off('exit', fail);
      // Nobody else reads: without this the server would stand still when the pipe is full.
      for (const stream of [keeper.stdout, keeper.stderr]) stream?.resume();
    };
    const read = (chunk: Buffer): void => {
      text += chunk;
      if (/FATAL: {2}could not|PANIC/.test(text)) fail();
      if (!wanted.test(text)) return;
      done();
      resolve();
    };
    const fail = (): void => {
      done();
      keeper.stdin?.end();
      reject(new Error(`PostgreSQL did not start: ${text}`));
    };
    for (const stream of [keeper.stdout, keeper.stderr]) stream?.on('data', read);
    keeper.once('exit', fail);
  });
}

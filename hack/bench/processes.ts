import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface Running {
  pid: number;
  stop(): Promise<void>;
}

/** Starts a script of a source tree on one core (Linux, by `taskset`) and waits until `ready` answers. */
export async function start(
  script: string,
  args: readonly string[],
  core: number,
  ready: (child: ChildProcess) => Promise<void>,
  { flags = [], tree = root }: { flags?: readonly string[]; tree?: string } = {},
): Promise<Running> {
  const pin = existsSync('/usr/bin/taskset') ? ['/usr/bin/taskset', '-c', String(core)] : [];
  const [command, ...rest] = [...pin, process.execPath, ...flags, join(tree, script), ...args];
  const child = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  await ready(child);
  child.stdout.resume();
  return {
    pid: child.pid!,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

/** Resolves at the first line that the child prints. */
export function firstLine(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout!.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`${child.spawnargs.join(' ')} ended with ${code}`)));
  });
}

/** Resolves when the address answers 200. */
export async function answers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {}
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url} did not answer in 10 s`);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Microseconds of CPU that all threads of a process have used, user and system. */
export function cpuMicros(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  let nanos = 0;
  for (const task of readdirSync(tasks)) {
    nanos += Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ', 1)[0]);
  }
  return nanos / 1000;
}

/** Resident memory of a process in MB. */
export function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

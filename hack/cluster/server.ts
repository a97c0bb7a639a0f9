import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Server } from '../api-server/supervise.ts';

/** Before a server that ended is started again, in milliseconds. */
const RESTART_MS = 1_000;

/** One server of the cluster. It is started again whenever it ends, once `keep` was called. */
export interface Running extends Server {
  keep(): void;
}

/** Starts a server that appends what it says to the log. @throws Error when it cannot be run */
export async function startServer(
  command: string,
  args: readonly string[],
  log: string,
  say: (line: string) => void,
): Promise<Running> {
  let kept = false;
  const name = basename(command);
  const again = async (how: string): Promise<void> => {
    if (!kept) return;
    say(`${name} ended (${how}) and is started again`);
    await delay(RESTART_MS);
    try {
      const next = await launch(command, args, log);
      void next.ended.then(again);
    } catch (error) {
      await again((error as Error).message);
    }
  };
  const first = await launch(command, args, log);
  void first.ended.then(again);
  return {
    ...first,
    keep: () => {
      kept = true;
    },
  };
}

async function launch(command: string, args: readonly string[], logFile: string): Promise<Server> {
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(command, args, { cwd: '/', stdio: ['ignore', log, log] });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  await spawned(child);
  return { pid: child.pid!, ended };
}

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}

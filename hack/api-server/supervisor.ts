/**
 * Holds the servers of one run and their folder. It ends when the channel to its parent closes, however the parent
 * ended: then it kills the servers and removes the folder. Data of a test server is worth nothing, so nothing is
 * asked to end in good order.
 *
 * It is run by `supervise.ts`, in a session of its own, so that Ctrl-C reaches the parent alone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { folderPrefix } from './folders.ts';
import type { Order, Report } from './protocol.ts';

const folder = mkdtempSync(folderPrefix(process.pid));
const running = new Map<string, ChildProcess>();
let ending = false;

function report(what: Report): void {
  // A parent that is gone cannot be told; the closed channel ends us.
  if (process.connected) process.send?.(what, undefined, undefined, () => {});
}

function obey({ start: name, command, args }: Order): void {
  if (ending) return;
  const log = openSync(join(folder, `${name}.log`), 'a', 0o600);
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', log, log] });
  closeSync(log);
  running.set(name, child);
  const ended = (how: string): void => {
    if (!running.delete(name)) return;
    report({ ended: name, how });
    if (ending && running.size === 0) void leave();
  };
  child.once('spawn', () => report({ started: name, pid: child.pid ?? 0 }));
  child.once('error', (error) => ended(error.message));
  child.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`));
}

async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  if (running.size === 0) await leave();
  for (const child of running.values()) child.kill('SIGKILL');
}

async function leave(): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit();
}

process.on('message', (order) => obey(order as Order));
process.on('disconnect', () => void end());
// A terminal or a service manager that ends the whole group ends us in the same way.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end());
report({ folder });

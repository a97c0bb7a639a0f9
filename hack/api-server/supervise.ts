import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Order, Report } from './protocol.ts';

/** A server that was started: its process id, and how it ended. */
export interface Server {
  pid: number;
  /** Resolves when it has ended, with an exit code, a signal or an error in words. Never rejects. */
  ended: Promise<string>;
}

/** The process that holds the servers and their folder, and outlives this one just long enough to remove both. */
export interface Supervisor {
  pid: number;
  /** Exists until the supervisor ends. Each server writes `NAME.log` into it. */
  folder: string;
  /** @throws Error when the command cannot be run. */
  start(name: string, command: string, args: readonly string[]): Promise<Server>;
  /** Resolves when every server has ended and the folder is gone. */
  stop(): Promise<void>;
}

/** Starts a supervisor. */
export async function startSupervisor(): Promise<Supervisor> {
  const script = fileURLToPath(new URL('./supervisor.ts', import.meta.url));
  const child = spawn(process.execPath, [script], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exit = once(child, 'exit');
  const [first] = (await Promise.race([
    once(child, 'message'),
    exit.then(() => {
      throw new Error('the supervisor of the API server ended at its start; its own message is above');
    }),
  ])) as [{ folder: string }];
  return {
    pid: child.pid!,
    folder: first.folder,
    start: (name, command, args) => startServer(child, { start: name, command, args }),
    stop: async () => {
      if (child.connected) child.disconnect();
      await exit;
    },
  };
}

function send(child: ChildProcess, order: Order): void {
  if (!child.connected) throw new Error('the supervisor of the API server is gone, and its servers with it');
  child.send(order);
}

function startServer(child: ChildProcess, order: Order): Promise<Server> {
  return new Promise((resolve, reject) => {
    let end = (_how: string): void => {};
    const ended = new Promise<string>((settle) => {
      end = settle;
    });
    const gone = (): void => close('the supervisor ended');
    const close = (how: string): void => {
      child.off('message', read).off('exit', gone);
      end(how);
      reject(new Error(`${order.command} could not be started: ${how}`));
    };
    const read = (message: unknown): void => {
      const told = message as Report;
      if ('started' in told && told.started === order.start) resolve({ pid: told.pid, ended });
      if ('ended' in told && told.ended === order.start) close(told.how);
    };
    child.on('message', read).once('exit', gone);
    send(child, order);
  });
}

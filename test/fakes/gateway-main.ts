import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../hack/api-server/ports.ts';

const MAIN = fileURLToPath(new URL('../../gateway/main.ts', import.meta.url));

/** A port that was free a moment ago, and that no outgoing connection takes while a test lets its server be away. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port!;
}

/** Two such ports, for traffic and admin: two calls for one each could be given the same. */
export async function freePortPair(): Promise<[number, number]> {
  const [traffic, admin] = await freePorts(2);
  return [traffic!, admin!];
}

/** The gateway as a process of its own: that of this checkout, or the one whose `main` is given. */
export class GatewayProcess {
  readonly child: ChildProcess;
  /** Resolves when it has ended and all that it wrote is here. */
  readonly exited: Promise<number | null>;
  output = '';

  constructor(args: readonly string[], env: Record<string, string> = {}, main = MAIN) {
    this.child = spawn(process.execPath, [main, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env,
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    this.exited = new Promise((resolve) => this.child.once('close', (code) => resolve(code)));
  }

  /** Waits until the address answers with this status. @throws after 50 s, with what the process wrote */
  async answers(url: string, status = 200): Promise<void> {
    for (const end = Date.now() + 50_000; Date.now() < end; ) {
      const got = await fetch(url).then(
        (answer) => answer.status,
        () => 0,
      );
      if (got === status) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${url} did not answer ${status}:\n${this.output}`);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return this.exited;
  }
}

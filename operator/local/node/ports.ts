import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Clock } from '../../runtime/clock.ts';
import { writeFileAtomic } from '../files.ts';

/** Traffic port and admin port of one replica. */
export interface PortPair {
  shared: number;
  own: number;
}

const GATEWAY_PORT = '--gateway-port';

export class PortInUse extends Error {
  readonly port: number;
  /** `flag` is how a person chooses another. */
  constructor(port: number, host: string, flag = GATEWAY_PORT) {
    super(
      `port ${port} on ${host} is in use by another process. Stop that one, or choose another port with ${flag}.`,
    );
    this.name = 'PortInUse';
    this.port = port;
  }
}

/**
 * What keeps a server from listening, as a message for people.
 * @param flag how a person chooses another port
 */
export function listenError(error: unknown, port: number, host: string, flag?: string): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  if (code === 'EADDRINUSE') return new PortInUse(port, host, flag);
  if (code === 'EACCES') {
    const choose = `Choose one above 1023 with ${flag ?? GATEWAY_PORT}.`;
    return new Error(`port ${port} on ${host} may not be opened by this user (EACCES). ${choose}`, {
      cause: error,
    });
  }
  const choose = 'Choose another with --host, such as 127.0.0.1.';
  return new Error(`${host} is no address of this machine that can be listened on (${code}). ${choose}`, {
    cause: error,
  });
}

export interface PortOptions {
  host: string;
  /** The first Deployment gets this port and the next, others the next free pair; 0: any free ports. */
  base: number;
  /** File that remembers who has which ports, so that a restart gives the same. */
  file: string;
}

interface Given {
  shared: number;
  /** By index of the replica. */
  own: number[];
}

interface Stored {
  base: number;
  ports: Record<string, Given>;
}

/** Gives each Deployment one port that its replicas share and each replica a port of its own. */
export class Ports {
  readonly #options: PortOptions;
  readonly #anyFree: (host: string) => Promise<number>;
  /** By `namespace/name`. */
  readonly #given: Map<string, Given>;

  /** `any` names a port on a host that is free just now. */
  constructor(options: PortOptions, any = anyFree) {
    this.#options = options;
    this.#anyFree = any;
    const stored = readStored(options.file);
    // Who asks for another first port does not want the old ones.
    this.#given = new Map(stored?.base === options.base ? Object.entries(stored.ports) : []);
  }

  /**
   * Ports of one replica. `running` says that the shared port is in use by our own replicas already.
   * @throws PortInUse when the very first port, which people are told, is taken by another process
   */
  async take(deployment: string, index: number, running: boolean): Promise<PortPair> {
    const ports = this.#given.get(deployment) ?? { shared: 0, own: [] };
    this.#given.set(deployment, ports);
    if (!running) ports.shared = await this.#sharedPort(deployment, ports.shared);
    const own = ports.own[index];
    if (own === undefined || !(await isFree(own, this.#options.host))) {
      delete ports.own[index];
      ports.own[index] = await this.#next(ports.shared + 1);
    }
    this.#save();
    return { shared: ports.shared, own: ports.own[index]! };
  }

  release(deployment: string): void {
    if (this.#given.delete(deployment)) this.#save();
  }

  async #sharedPort(deployment: string, had: number): Promise<number> {
    const { base, host } = this.#options;
    if (had !== 0 && (await isFree(had, host))) return had;
    const others = [...this.#given].some(([name, ports]) => name !== deployment && ports.shared === base);
    if (base !== 0 && !others) {
      if (await isFree(base, host)) return base;
      throw new PortInUse(base, host);
    }
    return this.#next(base === 0 ? 0 : base + 2);
  }

  /** The next port from `from` on that is free and given to nobody. */
  async #next(from: number): Promise<number> {
    const { base, host } = this.#options;
    while (base === 0) {
      const port = await this.#anyFree(host);
      // The system may name a port again that was given a moment ago and is not listened on yet.
      if (!this.#isGiven(port)) return port;
    }
    for (let port = from; port < 65_536; port++) {
      if (!this.#isGiven(port) && (await isFree(port, host)) && !this.#isGiven(port)) return port;
    }
    throw new PortInUse(from, host);
  }

  #isGiven(port: number): boolean {
    return [...this.#given.values()].some(({ shared, own }) => shared === port || own.includes(port));
  }

  #save(): void {
    const stored: Stored = { base: this.#options.base, ports: Object.fromEntries(this.#given) };
    writeFileAtomic(this.#options.file, `${JSON.stringify(stored)}\n`);
  }
}

/** Null where there is none, or where a power cut left something else: ports can be given anew. */
function readStored(file: string): Stored | null {
  try {
    const { base, ports } = JSON.parse(readFileSync(file, 'utf8'));
    const whole = Object.values(ports as object).every(
      ({ shared, own }) => isPort(shared) && own.every(isPort),
    );
    return whole ? { base, ports } : null;
  } catch {
    return null;
  }
}

const isPort = (value: unknown): boolean => Number.isInteger(value);

/** How long a port may still be held by a gateway that is just ending, in milliseconds. */
const LINGER_MS = 3000;
const ASK_AGAIN_MS = 100;

/** Waits a moment for a port that is just being given up. @throws PortInUse */
export async function ensureFree(port: number, host: string, clock: Pick<Clock, 'monotonic'>): Promise<void> {
  const end = clock.monotonic() + LINGER_MS;
  while (!(await isFree(port, host))) {
    if (clock.monotonic() >= end) throw new PortInUse(port, host);
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}

/**
 * Asks by listening without sharing, so that a process that does share its port is noticed too.
 * @throws Error for people where nobody could listen there
 */
export function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      const told = listenError(error, port, host);
      if (told instanceof PortInUse) resolve(false);
      else reject(told);
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function anyFree(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host, exclusive: true }, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

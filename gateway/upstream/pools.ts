import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { buildConnector, Pool } from 'undici';

/** undici tells here of each request that it writes. */
const SENT = 'undici:client:sendHeaders';

export interface PoolSettings {
  /** Milliseconds for TCP and TLS together. */
  connectMs: number;
  /** Open connections at most. */
  connections: number;
}

/**
 * Idle connections are closed before the provider would do it, or a request could meet a closing socket. Public
 * providers keep them a minute or more; model servers inside a cluster often 5 s.
 */
const IDLE_MS = { 'https:': 20_000, 'http:': 4_000 } as const;

/** One undici pool per origin and settings, kept when a new document names the same ones. */
export class Pools {
  readonly #pools = new Map<string, Pool>();
  /** Bytes that a socket had read in its life when the last request was written to it. */
  readonly #readBefore = new WeakMap<object, number>();
  /** Failures of sockets that had served a request before and read nothing of the answer to this one. */
  readonly #unanswered = new WeakSet<Error>();
  readonly #sent = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    this.#readBefore.set(socket, socket.bytesRead);
  };

  constructor() {
    subscribe(SENT, this.#sent);
  }

  get(origin: string, settings: PoolSettings): Pool {
    const key = `${origin} ${settings.connectMs} ${settings.connections}`;
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = this.#create(origin, settings);
      this.#pools.set(key, pool);
    }
    return pool;
  }

  /**
   * The race of keep-alive: the provider closed an idle connection while our request was on its way. The socket was a
   * reused one, and no byte of the answer came: a provider that began to answer has begun to work, and to charge.
   */
  isReusedSocketReset(error: Error): boolean {
    return isReset(error) && this.#unanswered.has(error);
  }

  /** Waits for nothing: calls that run are cut. */
  async destroy(): Promise<void> {
    unsubscribe(SENT, this.#sent);
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #create(origin: string, settings: PoolSettings): Pool {
    const idle = origin.startsWith('https:') ? IDLE_MS['https:'] : IDLE_MS['http:'];
    const connect = buildConnector({ allowH2: false, timeout: settings.connectMs });
    return new Pool(origin, {
      connections: settings.connections,
      pipelining: 1,
      // With HTTP/2 one lost packet or GOAWAY hits all requests of a connection.
      allowH2: false,
      keepAliveTimeout: idle,
      keepAliveMaxTimeout: 25_000,
      // The clocks are ours; undici's tick twice a second.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, done) =>
        connect(options, (...result) => {
          const socket = result[1];
          socket?.prependListener('error', (error: Error) => {
            const before = this.#readBefore.get(socket) ?? 0;
            if (before > 0 && socket.bytesRead === before) this.#unanswered.add(error);
          });
          done(...result);
        }),
    });
  }
}

function isReset(error: Error): boolean {
  const code = 'code' in error ? error.code : undefined;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

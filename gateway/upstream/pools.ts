import { buildConnector, Pool } from 'undici';
import { isUpgrade } from './failures.ts';

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
  /** Bytes that the socket of a failure had read in its life. */
  readonly #bytesRead = new WeakMap<Error, number>();

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
   * The race of keep-alive: the provider closed an idle connection while our request was on its way. Bytes had been
   * read on that socket before, so it was a reused one. Ask only where no byte of this answer came.
   */
  isReusedSocketReset(error: Error): boolean {
    if (!isReset(error)) return false;
    const socket = 'socket' in error ? error.socket : undefined;
    if (typeof socket === 'object' && socket !== null && 'bytesRead' in socket)
      return Number(socket.bytesRead) > 0;
    return (this.#bytesRead.get(error) ?? 0) > 0;
  }

  /** Waits for nothing: calls that run are cut. */
  async destroy(): Promise<void> {
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
          socket?.prependListener('error', (error: Error) => this.#bytesRead.set(error, socket.bytesRead));
          done(...result);
        }),
    });
  }
}

function isReset(error: Error): boolean {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'UND_ERR_SOCKET') return !isUpgrade(error);
  return code === 'ECONNRESET' || code === 'EPIPE';
}

import type { RequestOptions } from 'node:https';
import type { Cluster, KubeConfig } from '@kubernetes/client-node';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { orAborted } from '../runtime/signals.ts';
import { CredentialError } from './errors.ts';
import { clusterOf, type KubeOptions, readKubeconfig } from './kubeconfig.ts';

export interface KubeRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  signal: AbortSignal;
  /** Called at the very moment of sending: what it throws keeps the request back. */
  permit?(): void;
}

export type KubeResponse = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>;

/** One API server, with credentials. */
export interface Kube {
  /** The server's address. */
  readonly server: string;
  /** The namespace of the context; in a pod the pod's own. */
  readonly namespace: string | undefined;
  /**
   * Sends one request; only the signal limits its time. The body of the answer must be read or destroyed.
   * @throws what undici throws, or the signal's reason
   */
  send(request: KubeRequest): Promise<KubeResponse>;
  /** The bearer token of the configuration as it is now; null where it holds another credential, or none. */
  bearer(): Promise<string | null>;
  /** Gives up idle connections: a request on one of them was never answered, so the others may be dead as well. */
  renew(): void;
  /** Calls the listener when connections were given up: what is open and silent may be dead as well. */
  onRenewal(listener: () => void): void;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** What connections depend on; when one of these changes on disk, new connections are made. */
const TLS_FIELDS = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'rejectUnauthorized', 'servername'] as const;

type TlsOptions = Pick<RequestOptions, (typeof TLS_FIELDS)[number]>;

/** Milliseconds between TCP probes: below the idle limits of load balancers (client issues #589, #1496). */
const TCP_PROBE_MS = 30_000;

/** Milliseconds that an idle connection is kept: below the API server's 90 s, which would cut it under a request. */
const IDLE_MS = 60_000;

/** Milliseconds for TCP and TLS to be made. */
const CONNECT_MS = 10_000;

/** Milliseconds for which a reading of the kubeconfig, or a set of connections, is too young to be replaced. */
const YOUNG_MS = 10_000;

const USER_AGENT = 'keeptrusts-operator/0.1.0';

/**
 * Reads the configuration. The library is loaded here and only here, since it costs half a second and 60 MB that a
 * folder of resources has no use for.
 *
 * @throws Error with a plain message: no such file, no such context, nothing found
 */
export async function loadKube(options: KubeOptions, now = () => performance.now()): Promise<Kube> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  return new Connection(() => readKubeconfig(new KubeConfig(), options), now);
}

/**
 * The library's own request path makes a TLS agent for each call and never closes it; here all requests share one
 * agent. Its connections have no cap: watches hold one each for minutes, and a cap would let them starve the calls.
 * Calls are limited by their client instead.
 */
class Connection implements Kube {
  readonly #load: () => KubeConfig;
  readonly #now: () => number;
  #config: KubeConfig;
  #loadedAt: number;
  #tls: TlsOptions | undefined;
  #agent: Dispatcher | undefined;
  #agentSince = 0;
  readonly #listeners: (() => void)[] = [];

  constructor(load: () => KubeConfig, now: () => number) {
    this.#load = load;
    this.#now = now;
    this.#config = load();
    this.#loadedAt = now();
  }

  /** For messages: without a user and password that the address may hold. */
  get server(): string {
    return clusterOf(this.#config).server.replace(/\/\/[^/]*@/, '//');
  }

  get namespace(): string | undefined {
    return this.#config.getContextObject(this.#config.currentContext)?.namespace?.trim();
  }

  async send(request: KubeRequest): Promise<KubeResponse> {
    const response = await this.#sendOnce(request);
    if (response.statusCode !== 401 || this.#now() - this.#loadedAt < YOUNG_MS) return response;
    // The library keeps a token for a minute, and that of a credential command until it expires.
    await response.body.dump();
    this.#config = this.#load();
    this.#loadedAt = this.#now();
    return this.#sendOnce(request);
  }

  async bearer(): Promise<string | null> {
    const { authorization = '' } = credentials(await this.#authenticate());
    return /^Bearer (.+)$/i.exec(authorization)?.[1] ?? null;
  }

  renew(): void {
    if (this.#now() - this.#agentSince < YOUNG_MS) return;
    this.#dropAgent();
    for (const listener of this.#listeners) listener();
  }

  onRenewal(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    await this.#agent?.destroy();
    this.#agent = undefined;
  }

  async #sendOnce({ method, path, headers, body, signal, permit }: KubeRequest): Promise<KubeResponse> {
    const options = await orAborted(this.#authenticate(), signal);
    permit?.();
    const cluster = clusterOf(this.#config);
    const url = new URL(cluster.server);
    return this.#agentFor(cluster, options).request({
      origin: url.origin,
      path: `${url.pathname.replace(/\/$/, '')}${path}`,
      method,
      headers: { ...credentials(options), accept: 'application/json', 'user-agent': USER_AGENT, ...headers },
      body: body ?? null,
      signal,
    });
  }

  /** Reads CA, certificate and token files each time, so that their rotation is noticed at the next request. */
  async #authenticate(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    const user = this.#config.getCurrentUser();
    try {
      await this.#config.applyToHTTPSOptions(options);
    } catch (error) {
      // What a credential command printed stays out of it.
      const { code, path } = error as NodeJS.ErrnoException;
      const command = user?.exec?.command;
      const which = path ?? (command === undefined ? '' : `command ${command}`);
      const why = code === undefined ? 'its command failed' : `${code}${which === '' ? '' : ` (${which})`}`;
      throw new CredentialError(`the credential of the kubeconfig cannot be had: ${why}`);
    }
    return options;
  }

  #agentFor(cluster: Cluster, options: RequestOptions): Dispatcher {
    const given = TLS_FIELDS.filter((field) => options[field] !== undefined);
    const tls: TlsOptions = Object.fromEntries(given.map((field) => [field, options[field]]));
    if (this.#agent !== undefined && sameTls(tls, this.#tls)) return this.#agent;
    this.#dropAgent();
    this.#tls = tls;
    this.#agent = makeAgent(cluster, tls);
    this.#agentSince = this.#now();
    return this.#agent;
  }

  /** What runs on its connections goes on. */
  #dropAgent(): void {
    void this.#agent?.close();
    this.#agent = undefined;
  }
}

function makeAgent(cluster: Cluster, tls: TlsOptions): Dispatcher {
  const connect = { ...tls, timeout: CONNECT_MS, keepAlive: true, keepAliveInitialDelay: TCP_PROBE_MS };
  const common = {
    // One connection for each watch and call. HTTP/2 would put them all on one, so that they are lost together, and
    // after a GOAWAY it has let requests hang and ended the process (undici issues #3140, #5638).
    allowH2: false,
    keepAliveTimeout: IDLE_MS,
    // undici's own limits would cut watches, which may be silent for minutes.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  if (cluster.proxyUrl === undefined) return new Agent({ ...common, connect });
  return new ProxyAgent({ ...common, uri: cluster.proxyUrl, requestTls: connect });
}

function sameTls(a: TlsOptions, b: TlsOptions | undefined): boolean {
  return TLS_FIELDS.every((field) => {
    const [left, right] = [a[field], b?.[field]];
    return Buffer.isBuffer(left) && Buffer.isBuffer(right) ? left.equals(right) : left === right;
  });
}

/** The library does not trim a token file, and a line feed makes the header invalid. */
function credentials({ headers, auth }: RequestOptions): Record<string, string> {
  const given = Object.entries((headers ?? {}) as Record<string, unknown>);
  const trimmed = given.map(([name, value]) => [name.toLowerCase(), String(value).trim()]);
  const basic = typeof auth === 'string' ? { authorization: `Basic ${btoa(auth)}` } : {};
  return { ...basic, ...Object.fromEntries(trimmed) };
}

import type { RequestOptions } from 'node:https';
import type { Cluster, KubeConfig } from '@kubernetes/client-node';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';

export interface KubeOptions {
  /** Path of a kubeconfig. Without it: `KUBECONFIG`, `~/.kube/config`, then the pod's service account. */
  kubeconfig?: string;
  /** Name of the context; the file's current one without it. */
  context?: string;
}

export interface KubeRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  signal: AbortSignal;
}

export type KubeResponse = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers' | 'body'>;

/** One API server, with credentials. */
export interface Kube {
  /** The server's address. */
  readonly server: string;
  /** The namespace of the context; in a pod the pod's own. */
  readonly namespace: string | undefined;
  /** Sends one request. The body of the answer must be read or destroyed. @throws what undici throws */
  send(request: KubeRequest): Promise<KubeResponse>;
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

/** Milliseconds between two readings of the kubeconfig for a refused credential. */
const RELOAD_MS = 10_000;

/**
 * Reads the configuration. The library is loaded here and only here, since it costs half a second and 60 MB that a
 * folder of resources has no use for.
 *
 * @throws Error with a plain message: no such file, no such context, nothing found
 */
export async function loadKube(
  options: KubeOptions,
  now: () => number = () => performance.now(),
): Promise<Kube> {
  const library = await import('@kubernetes/client-node');
  return new Connection(() => read(new library.KubeConfig(), options), now);
}

/**
 * The configuration's own request path makes a TLS agent for each call and never closes it; here all requests share
 * one agent. Its connections have no cap of their own: watches hold one each for minutes, and a cap would let them
 * starve the calls. Calls are limited by their client instead.
 */
class Connection implements Kube {
  readonly #load: () => KubeConfig;
  readonly #now: () => number;
  #config: KubeConfig;
  #loadedAt: number;
  #tls: TlsOptions | undefined;
  #agent: Dispatcher | undefined;

  constructor(load: () => KubeConfig, now: () => number) {
    this.#load = load;
    this.#now = now;
    this.#config = load();
    this.#loadedAt = now();
  }

  get server(): string {
    return clusterOf(this.#config).server;
  }

  get namespace(): string | undefined {
    return this.#config.getContextObject(this.#config.currentContext)?.namespace?.trim();
  }

  async send(request: KubeRequest): Promise<KubeResponse> {
    const response = await this.#sendOnce(request);
    if (response.statusCode !== 401 || this.#now() - this.#loadedAt < RELOAD_MS) return response;
    // The library keeps a token for a minute, and that of a credential command until it expires.
    await response.body.dump();
    this.#config = this.#load();
    this.#loadedAt = this.#now();
    return this.#sendOnce(request);
  }

  async close(): Promise<void> {
    await this.#agent?.destroy();
    this.#agent = undefined;
  }

  async #sendOnce({ method, path, headers, body, signal }: KubeRequest): Promise<KubeResponse> {
    const options = await this.#authenticate();
    signal.throwIfAborted();
    const cluster = clusterOf(this.#config);
    const url = new URL(cluster.server);
    const agent = this.#agentFor(cluster, options);
    return agent.request({
      origin: url.origin,
      path: `${url.pathname.replace(/\/$/, '')}${path}`,
      method,
      headers: { ...credentials(options), accept: 'application/json', 'user-agent': USER_AGENT, ...headers },
      body: body ?? null,
      signal,
      // The caller's signal ends what takes too long; a watch is silent for minutes.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Reads CA, certificate and token files each time, so that their rotation is noticed at the next request. */
  async #authenticate(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    try {
      await this.#config.applyToHTTPSOptions(options);
    } catch (error) {
      // What a credential command printed stays out of it.
      const code = (error as NodeJS.ErrnoException).code ?? 'its command failed';
      throw new Error(`the credential of the kubeconfig cannot be had: ${code}`);
    }
    return options;
  }

  #agentFor(cluster: Cluster, options: RequestOptions): Dispatcher {
    const given = TLS_FIELDS.filter((field) => options[field] !== undefined);
    const tls: TlsOptions = Object.fromEntries(given.map((field) => [field, options[field]]));
    if (this.#agent !== undefined && sameTls(tls, this.#tls)) return this.#agent;
    // What runs on the old connections ends by itself.
    void this.#agent?.close();
    this.#tls = tls;
    this.#agent = makeAgent(cluster, tls);
    return this.#agent;
  }
}

const USER_AGENT = 'keeptrusts-operator/0.1.0';

function makeAgent(cluster: Cluster, tls: TlsOptions): Dispatcher {
  const connect = { ...tls, timeout: CONNECT_MS, keepAlive: true, keepAliveInitialDelay: TCP_PROBE_MS };
  const common = { keepAliveTimeout: IDLE_MS, headersTimeout: 0, bodyTimeout: 0 };
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
  const trimmed = given.map(([name, value]): [string, string] => [name.toLowerCase(), String(value).trim()]);
  const basic =
    typeof auth === 'string' ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  return { ...basic, ...Object.fromEntries(trimmed) };
}

function clusterOf(config: KubeConfig): Cluster {
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new Error(`the kubeconfig names no cluster for context ${config.currentContext}`);
  return cluster;
}

function read(config: KubeConfig, { kubeconfig, context }: KubeOptions): KubeConfig {
  if (kubeconfig === undefined) config.loadFromDefault();
  else loadFile(config, kubeconfig);
  if (context !== undefined) config.setCurrentContext(context);
  const where = kubeconfig ?? 'the default kubeconfig';
  const current = config.getContextObject(config.currentContext);
  if (current === null) {
    const names = config.getContexts().map(({ name }) => name);
    throw new Error(
      `${where} has no context ${config.currentContext}; it has: ${names.join(', ') || 'none'}`,
    );
  }
  // What the library falls back to when it finds nothing at all.
  if (kubeconfig === undefined && current.name === 'loaded-context') {
    throw new Error('no API server: name a file with --kubeconfig or KUBECONFIG, or run in a pod');
  }
  if (config.getUser(current.user) === null)
    throw new Error(`${where}: context ${current.name} names no user`);
  clusterOf(config);
  // The library wants this for plain HTTP, where there is nothing to verify.
  config.clusters = config.clusters.map((cluster) =>
    cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster,
  );
  return config;
}

function loadFile(config: KubeConfig, file: string): void {
  try {
    config.loadFromFile(file);
  } catch (error) {
    const { code, name, message } = error as NodeJS.ErrnoException;
    // The parser's message quotes the file, which holds credentials.
    const reason = code === 'ENOENT' ? 'no such file' : name === 'YAMLException' ? 'no valid YAML' : message;
    throw new Error(`the kubeconfig ${file} cannot be read: ${reason}`);
  }
}

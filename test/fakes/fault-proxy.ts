import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type Kube, type KubeResponse, loadKube } from '../../operator/kube/config.ts';

/** What goes wrong with one request. */
export type Fault =
  /** Answered by us with a `Status`; the API server hears nothing of it. */
  | { answer: number; reason: string; retryAfter?: string }
  /** The connection is destroyed before the API server hears of it … */
  | { drop: 'request' }
  /** … or after it has done what it was asked; `first` is called before the caller can notice. */
  | { drop: 'response'; first?: () => void }
  /** Never answered. */
  | { hang: true }
  /** A watch that ends with an `ERROR` event and stays open. */
  | { errorEvent: number }
  /** The answer is cut off after so many milliseconds. */
  | { cutAfterMs: number };

export interface SeenRequest {
  method: string;
  /** With its query. */
  path: string;
  isWatch: boolean;
  isWrite: boolean;
  /** Of all requests that write, which this is, from 1; that of the last where it does not. */
  writes: number;
}

/** Stands in front of the cluster of the tier, over plain HTTP and without credentials, and does harm when it is told to. */
export class FaultProxy {
  readonly #kube: Kube;
  readonly #server: Server;
  readonly #watches = new Set<{ muted: boolean; cut(): void }>();
  readonly #waiting = new Set<() => void>();
  #writes = 0;
  /** Decides about each request; null lets it through. */
  faultOf: (request: SeenRequest) => Fault | null = () => null;
  /** Hears of each request before it is decided about. */
  onRequest: (request: SeenRequest) => void = () => {};

  private constructor(kube: Kube) {
    this.#kube = kube;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => request.destroy());
    });
  }

  static async start(kubeconfig: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(await loadKube({ kubeconfig }));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** A kubeconfig that leads here. */
  get kubeconfig(): string {
    const { port } = this.#server.address() as AddressInfo;
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'proxied', cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: 'nobody', user: {} }],
      contexts: [{ name: 'proxied', context: { cluster: 'proxied', user: 'nobody' } }],
      'current-context': 'proxied',
    });
  }

  /** Requests so far that write, Events left out: they tell of what was done, and change nothing. */
  get writes(): number {
    return this.#writes;
  }

  /** Ends every open watch, as a load balancer that restarts. */
  cutWatches(): void {
    for (const watch of this.#watches) watch.cut();
  }

  /** The watches that are open now stay open, and what the API server tells them is lost. */
  muteWatches(): void {
    for (const watch of this.#watches) watch.muted = true;
  }

  async stop(): Promise<void> {
    this.faultOf = () => ({ drop: 'request' });
    for (const release of this.#waiting) release();
    this.#server.close();
    this.#server.closeAllConnections();
    await this.#kube.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    const method = request.method as 'GET' | 'PATCH';
    const isWrite = method !== ('GET' as string) && !/\/events(\/|\?|$)/.test(path);
    if (isWrite) this.#writes++;
    const isWatch = /[?&]watch=true/.test(path);
    const seen: SeenRequest = { method, path, isWatch, isWrite, writes: this.#writes };
    this.onRequest(seen);
    const body = await buffer(request);
    const fault = this.faultOf(seen);
    if (fault !== null && 'answer' in fault) return answerStatus(response, fault);
    if (fault !== null && 'hang' in fault) return this.#untilClosed(response);
    if (fault !== null && 'errorEvent' in fault && isWatch) {
      response.writeHead(200, { 'content-type': 'application/json' });
      const object = statusOf(fault.errorEvent, 'Expired');
      response.write(`${JSON.stringify({ type: 'ERROR', object })}\n`);
      return this.#untilClosed(response);
    }
    if (fault !== null && 'drop' in fault && fault.drop === 'request') return void request.destroy();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const { 'content-type': type } = request.headers;
    const answer = await this.#kube.send({
      ...{ method, path, signal: gone.signal },
      ...(type === undefined ? {} : { headers: { 'content-type': type } }),
      ...(body.length === 0 ? {} : { body: body.toString() }),
    });
    if (fault !== null && 'drop' in fault) {
      await answer.body.dump();
      if (fault.drop === 'response') fault.first?.();
      return void request.destroy();
    }
    if (fault !== null && 'cutAfterMs' in fault) {
      setTimeout(() => request.destroy(), fault.cutAfterMs);
    }
    await this.#pass(answer, response, isWatch, () => request.destroy());
  }

  async #pass(answer: KubeResponse, response: ServerResponse, isWatch: boolean, cut: () => void) {
    const { statusCode, headers, body } = answer;
    const kept = ['content-type', 'retry-after'].filter((name) => headers[name] !== undefined);
    response.writeHead(statusCode, Object.fromEntries(kept.map((name) => [name, String(headers[name])])));
    response.flushHeaders();
    const watch = { muted: false, cut };
    if (isWatch) this.#watches.add(watch);
    try {
      for await (const chunk of body) if (!watch.muted) response.write(chunk);
      if (watch.muted) await this.#untilClosed(response);
      else response.end();
    } finally {
      this.#watches.delete(watch);
    }
  }

  #untilClosed(response: ServerResponse): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done);
        resolve();
      };
      this.#waiting.add(done);
      response.once('close', done);
    });
  }
}

function answerStatus(
  response: ServerResponse,
  { answer, reason, retryAfter }: Extract<Fault, { answer: number }>,
) {
  response.writeHead(answer, {
    'content-type': 'application/json',
    ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
  });
  response.end(JSON.stringify(statusOf(answer, reason)));
}

function statusOf(code: number, reason: string): object {
  return {
    ...{ kind: 'Status', apiVersion: 'v1', status: 'Failure' },
    ...{ code, reason, message: `on purpose: ${reason}` },
  };
}

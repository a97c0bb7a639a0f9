import type { Dispatcher } from 'undici';
import { GatewayError } from '../errors.ts';
import { toGatewayError } from './failures.ts';
import type { Pools } from './pools.ts';
import type { TimerWheel, WheelTimer } from './timer-wheel.ts';
import type { UpstreamCall, UpstreamHandler, UpstreamRequest } from './upstream.ts';

/** What a dispatch needs beyond the request. */
export interface Dispatch {
  dispatcher: Dispatcher;
  path: string;
  /** Names and values in turn. */
  headers: string[];
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** One request on one of a pool's connections, with its clocks. */
export class HttpCall implements UpstreamCall, Dispatcher.DispatchHandler {
  readonly #request: UpstreamRequest;
  readonly #handler: UpstreamHandler;
  readonly #dispatch: Dispatch;
  readonly #pools: Pools;
  readonly #finished: () => void;
  #controller: Dispatcher.DispatchController | null = null;
  #headReceived = false;
  #firstByte = false;
  #done = false;
  #retried = false;
  /** First byte of a stream, then the pause between two chunks. */
  #idle: WheelTimer | null = null;
  readonly #total: WheelTimer;
  readonly #wheel: TimerWheel;

  /** @param finished called once, when the call needs its place no more */
  constructor(
    request: UpstreamRequest,
    handler: UpstreamHandler,
    dispatch: Dispatch,
    parts: { pools: Pools; wheel: TimerWheel; finished: () => void },
  ) {
    this.#request = request;
    this.#handler = handler;
    this.#dispatch = dispatch;
    this.#pools = parts.pools;
    this.#wheel = parts.wheel;
    this.#finished = parts.finished;
    const { timeouts, stream } = request;
    this.#total = this.#wheel.start(timeouts.total_ms, () => this.#timeout('total', timeouts.total_ms));
    if (stream) {
      this.#idle = this.#wheel.start(timeouts.first_token_ms, () => this.#idleTimeout());
    }
    this.#start();
  }

  abort(): void {
    if (this.#end()) this.#controller?.abort(new Error('aborted by the gateway'));
  }

  pause(): void {
    this.#controller?.pause();
    // What is not read does not come: the provider's silence proves nothing now.
    this.#idle?.extend(this.#request.timeouts.total_ms);
  }

  resume(): void {
    this.#controller?.resume();
    this.#idle?.extend(this.#request.timeouts.idle_ms);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#done) controller.abort(new Error('aborted by the gateway'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (this.#done || status < 200) return;
    this.#controller = controller;
    this.#headReceived = true;
    this.#handler.onHead({
      status,
      contentType: text(headers['content-type']) ?? '',
      contentEncoding: text(headers['content-encoding']),
      retryAfter: text(headers['retry-after']),
      requestId: text(headers['x-request-id']),
    });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#done) return;
    this.#firstByte = true;
    this.#idle?.extend(this.#request.timeouts.idle_ms);
    this.#handler.onData(chunk);
  }

  onResponseEnd(): void {
    if (this.#end()) this.#handler.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#done) return;
    if (!this.#headReceived && !this.#retried && this.#pools.isReusedSocketReset(error)) {
      this.#retried = true;
      this.#controller = null;
      this.#start();
      return;
    }
    this.#fail(toGatewayError(error, this.#headReceived));
  }

  #start(): void {
    const { dispatcher, path, headers } = this.#dispatch;
    try {
      dispatcher.dispatch({ method: 'POST', path, headers, body: this.#request.body }, this);
    } catch (error) {
      // Told like any other failure, so that the place is given back.
      this.#fail(toGatewayError(error instanceof Error ? error : new Error(String(error)), false));
    }
  }

  #idleTimeout(): void {
    const { first_token_ms, idle_ms } = this.#request.timeouts;
    if (this.#firstByte) this.#timeout('idle', idle_ms);
    else this.#timeout('first_token', first_token_ms);
  }

  #timeout(clock: string, ms: number): void {
    const controller = this.#controller;
    this.#fail(
      new GatewayError(
        'upstream_timeout',
        `The provider was too slow: the "${clock}" time-out of ${ms} ms passed.`,
      ),
    );
    controller?.abort(new Error('aborted by the gateway'));
  }

  #fail(error: GatewayError): void {
    if (this.#end()) this.#handler.onError(error);
  }

  #end(): boolean {
    if (this.#done) return false;
    this.#done = true;
    this.#total.cancel();
    this.#idle?.cancel();
    this.#finished();
    return true;
  }
}

function text(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import { HOST_MESSAGE, type HostGuard } from '../contract/browser-guard.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { GatewayError } from '../errors.ts';
import type { Caller } from '../identity/caller.ts';
import { flat } from '../json/flat.ts';
import { runExchange } from '../pipeline/exchange.ts';
import type { ExchangeDeps } from '../pipeline/exchange-deps.ts';
import type { LivePlan } from '../pipeline/live-plan.ts';
import { readBody } from './body.ts';
import type { BodyRoom } from './body-room.ts';
import { HttpReply } from './http-reply.ts';
import { checkBodyHeaders, protocolFault } from './protocol.ts';
import type { Refusals } from './refusals.ts';
import { type RequestHead, readHead } from './request-head.ts';

export interface TrafficOptions {
  dialects: readonly Dialect[];
  /** The plan of this moment; null while no traffic may be served. */
  live(): LivePlan | null;
  /** Why there is none, in words. */
  unready(): string | null;
  exchange: ExchangeDeps;
  bodies: BodyRoom;
  refusals: Refusals;
  clock: Clock;
  hosts: HostGuard;
  eventId(): string;
  /** The event loop runs so late that new requests are to be refused. */
  overloaded(): boolean;
  draining(): boolean;
}

const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;

/** Serves the traffic port. Paths are compared exactly: nothing is decoded or normalised. */
export function trafficHandler(options: TrafficOptions): RequestListener {
  const byPath = new Map(options.dialects.map((dialect) => [dialect.path, dialect]));
  return (request, response) => {
    try {
      new TrafficRequest(options, byPath, request, response).handle();
    } catch (thrown) {
      // A fault of one request must not end the process that serves all others.
      options.exchange.fault('request', thrown);
      response.destroy();
    }
  };
}

class TrafficRequest {
  readonly #options: TrafficOptions;
  readonly #dialects: ReadonlyMap<string, Dialect>;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #reply: HttpReply;
  readonly #receivedMs: number;
  readonly #receivedAt: number;
  readonly #head: RequestHead;
  readonly #eventId: string;
  readonly #requestId: string;

  constructor(
    options: TrafficOptions,
    dialects: ReadonlyMap<string, Dialect>,
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    this.#options = options;
    this.#dialects = dialects;
    this.#request = request;
    this.#response = response;
    this.#receivedMs = options.clock.now();
    this.#receivedAt = options.clock.monotonic();
    this.#reply = new HttpReply(request, response, options.draining);
    this.#head = readHead(request.rawHeaders);
    this.#eventId = options.eventId();
    const told = this.#head.requestId;
    this.#requestId =
      told !== undefined && REQUEST_ID.test(told) ? told : flat(`req_${this.#eventId.slice(4)}`);
  }

  handle(): void {
    const { method = '', url = '', httpVersion } = this.#request;
    const fault = protocolFault({ method, url, httpVersion }, this.#head);
    if (fault !== null) {
      const error = new GatewayError(fault.code, fault.message, { status: fault.status });
      this.#refuse(error, true, fault.allow === undefined ? [] : ['allow', fault.allow]);
      return;
    }
    if (!this.#options.hosts(this.#head.host)) {
      this.#refuse(new GatewayError('host_not_allowed', HOST_MESSAGE), true);
      return;
    }
    const query = url.indexOf('?');
    const path = query < 0 ? url : url.slice(0, query);
    if (path === '/healthz') {
      this.#health(method);
      return;
    }
    const dialect = this.#dialects.get(path);
    if (dialect === undefined && path !== '/v1/models') {
      this.#refuse(new GatewayError('not_found', `There is no ${path.slice(0, 128)} here.`));
      return;
    }
    const allowed = dialect === undefined ? 'GET' : 'POST';
    if (method !== allowed) {
      this.#refuse(new GatewayError('method_not_allowed', `Use ${allowed} ${path}.`), false, [
        'allow',
        allowed,
      ]);
      return;
    }
    try {
      const live = this.#admit();
      const caller = live.identifier.identify(this.#head, this.#receivedMs);
      if (dialect === undefined) this.#models(live, caller);
      else void this.#exchange(dialect, live, caller);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.#refuse(error);
    }
  }

  #admit(): LivePlan {
    const live = this.#options.live();
    if (live === null) {
      throw new GatewayError('not_ready', `This gateway is not ready: ${this.#options.unready()}.`);
    }
    if (this.#options.overloaded()) throw new GatewayError('overloaded', 'This gateway has too much to do.');
    return live;
  }

  #exchange(dialect: Dialect, live: LivePlan, caller: Caller): Promise<void> {
    return runExchange(
      {
        dialect,
        caller,
        eventId: this.#eventId,
        requestId: this.#requestId,
        receivedMs: this.#receivedMs,
        receivedAt: this.#receivedAt,
        clientAddress: this.#request.socket.remoteAddress ?? null,
        headers: this.#head.raw,
        reply: this.#reply,
        readBody: (maxBytes) => this.#readBody(maxBytes),
      },
      live,
      this.#options.exchange,
    );
  }

  /** The body's room is free again when the answer is over, however it ends. */
  async #readBody(maxBytes: number): Promise<Buffer> {
    const head = this.#head;
    checkBodyHeaders(head);
    const declared = Number(head.contentLength ?? Number.NaN);
    const waits = head.expect !== undefined && this.#request.httpVersion !== '1.0';
    if (waits && !(declared > maxBytes)) this.#response.writeContinue();
    const { bodies, exchange } = this.#options;
    const room = bodies.hold();
    this.#response.on('close', room.release);
    try {
      return await readBody(this.#request, { maxBytes, declared }, exchange.wheel, room);
    } catch (error) {
      room.release();
      throw error;
    }
  }

  #health(method: string): void {
    if (method !== 'GET' && method !== 'HEAD') {
      this.#refuse(new GatewayError('method_not_allowed', 'Use GET /healthz.'), false, ['allow', 'GET']);
      return;
    }
    this.#reply.send(200, ['content-type', 'application/json'], '{"status":"ok"}');
  }

  /** Every caller sees the models that he may ask for. */
  #models(live: LivePlan, caller: Caller): void {
    const { models } = live.plan;
    const shown = caller.models === null ? models : models.filter(({ id }) => caller.models?.has(id));
    const body = this.#options.dialects[0]!.modelsBody(shown);
    this.#reply.send(200, ['content-type', 'application/json', 'x-request-id', this.#requestId], body);
  }

  /** Nobody is identified yet: the refusal is counted. */
  #refuse(error: GatewayError, close = false, extra: readonly string[] = []): void {
    this.#options.refusals.count(error.code, error.status);
    const headers = [
      'content-type',
      'application/json',
      'x-request-id',
      this.#requestId,
      'x-keeptrusts-decision',
      'error',
      ...extra,
    ];
    if (error.retryAfter !== undefined) headers.push('retry-after', String(error.retryAfter));
    if (error.shouldRetry !== undefined) headers.push('x-should-retry', String(error.shouldRetry));
    if (close) this.#response.shouldKeepAlive = false;
    const dialect = this.#options.dialects[0]!;
    const body = dialect.errorBody(error, { requestId: this.#requestId, eventId: null });
    this.#reply.send(error.status, headers, body);
  }
}

import type { ModelRoute } from '../config/plan.ts';
import type { FallbackTrigger, Timeouts } from '../contract/document.ts';
import type { LeafEdit, ParsedRequest } from '../dialects/dialect.ts';
import { type ErrorCode, GatewayError } from '../errors.ts';
import type { UpstreamCall, UpstreamHead } from '../upstream/upstream.ts';
import type { ExchangeDeps } from './exchange-deps.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import { CallerGone } from './inbound.ts';
import { CALLER_GONE } from './reasons.ts';
import { AnswerReceiver } from './receiver.ts';
import { isEventStream } from './upstream-status.ts';

/** An answer that has begun: nothing can be tried any more. */
export interface BegunAnswer {
  route: ModelRoute;
  head: UpstreamHead;
  receiver: AnswerReceiver;
  call: UpstreamCall;
  /** The gateway asked for a usage chunk that the caller did not ask for. */
  dropUsageChunk: boolean;
}

const TRIGGERS: Partial<Record<ErrorCode, FallbackTrigger>> = {
  upstream_connect: 'connect_error',
  // Broken off before the first byte: nothing of it has reached the caller.
  upstream_interrupted: 'connect_error',
  upstream_timeout: 'timeout',
  overloaded: 'rate_limit',
};

const PRINTABLE = /^[\x21-\x7e]{1,128}$/;

/** Tries the routes in order until one answers. */
export class Attempts {
  readonly #record: ExchangeRecord;
  readonly #deps: ExchangeDeps;
  #call: UpstreamCall | null = null;
  #receiver: AnswerReceiver | null = null;
  /** Monotonic ms at the first attempt: the total time-out runs over all together. */
  #startedAt = 0;

  constructor(record: ExchangeRecord, deps: ExchangeDeps) {
    this.#record = record;
    this.#deps = deps;
  }

  /** Ends the upstream call that runs: the caller hung up, or the gateway stops. */
  abandon(reason: Error): void {
    this.#call?.abort();
    this.#receiver?.onError(reason);
  }

  /** The exchange is over: a call that still runs is of no use. */
  finish(): void {
    this.#call?.abort();
  }

  /** @throws GatewayError of the last attempt; CallerGone */
  async run(
    routes: readonly ModelRoute[],
    parsed: ParsedRequest,
    edits: readonly LeafEdit[],
  ): Promise<BegunAnswer> {
    this.#startedAt = this.#deps.clock.monotonic();
    const fallback = this.#record.live.plan.config.providers?.fallback;
    const last = fallback?.enabled === false ? 0 : (fallback?.max_fallback_attempts ?? routes.length);
    for (let index = 0; ; index += 1) {
      const route = routes[index]!;
      const more = index < last && index + 1 < routes.length;
      const begun = await this.#attempt(route, parsed, edits, (trigger) =>
        more ? (fallback?.triggers ?? DEFAULT_TRIGGERS).includes(trigger) : false,
      );
      if (begun !== null) return begun;
    }
  }

  /** @returns null when the next route is to be tried */
  async #attempt(
    route: ModelRoute,
    parsed: ParsedRequest,
    edits: readonly LeafEdit[],
    falls: (trigger: FallbackTrigger) => boolean,
  ): Promise<BegunAnswer | null> {
    const record = this.#record;
    if (record.abandonment.reason !== null) throw record.abandonment.reason;
    record.route = route;
    const { target } = route.target;
    const startedAt = this.#deps.clock.monotonic();
    const { body, listed } = parsed.withEdits(edits, {
      ...(route.upstreamModel === parsed.model ? undefined : { model: route.upstreamModel }),
      includeUsage: parsed.stream && target.rejects_stream_options !== true,
    });
    record.edits = listed;
    const receiver = new AnswerReceiver();
    this.#receiver = receiver;
    const note = (status: number | null, error: string | null): void => {
      const ms = Math.round((this.#deps.clock.monotonic() - startedAt) * 1000) / 1000;
      record.attempts.push({ target: target.id, provider: target.provider, status, error, ms });
    };
    let status: number | null = null;
    try {
      const call = this.#deps.upstream.send(
        {
          target: route.target,
          model: route.upstreamModel,
          path: record.inbound.dialect.upstreamPath,
          body,
          stream: parsed.stream,
          credential: target.pass_through_credential === true ? record.inbound.caller.credential : null,
          timeouts: this.#timeouts(route),
        },
        receiver,
      );
      this.#call = call;
      const head = await receiver.head;
      status = head.status;
      if (head.requestId !== undefined && PRINTABLE.test(head.requestId)) {
        record.facts['upstream_request_id'] = head.requestId;
      }
      record.timings.upstream_first_byte = this.#deps.clock.monotonic() - startedAt;
      const trigger = head.status === 429 ? 'rate_limit' : head.status >= 500 ? 'server_error' : null;
      if (trigger !== null && falls(trigger)) {
        call.abort();
        note(head.status, trigger === 'rate_limit' ? 'rate_limit' : 'upstream_error');
        return null;
      }
      // A stream that breaks off before its first byte may still be served by another target.
      if (isEventStream(head)) await receiver.started();
      note(head.status, head.status < 400 ? null : 'upstream_error');
      return { route, head, receiver, call, dropUsageChunk: listed.includes('include_usage') };
    } catch (error) {
      if (!(error instanceof GatewayError)) {
        note(status, error instanceof CallerGone ? CALLER_GONE : 'internal_error');
        throw error;
      }
      note(status, error.code);
      const trigger = TRIGGERS[error.code];
      if (error === record.abandonment.reason) throw error;
      if (trigger !== undefined && falls(trigger)) return null;
      throw error;
    }
  }

  #timeouts(route: ModelRoute): Required<Timeouts> {
    const timeouts = this.#record.live.timeoutsOf(route.target.target);
    if (this.#record.attempts.length === 0) return timeouts;
    const spent = this.#deps.clock.monotonic() - this.#startedAt;
    return { ...timeouts, total_ms: Math.max(1, timeouts.total_ms - spent) };
  }
}

/** Of a document that says nothing of fallback. */
const DEFAULT_TRIGGERS: readonly FallbackTrigger[] = ['connect_error', 'rate_limit', 'server_error'];

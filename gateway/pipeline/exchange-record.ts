import { costOf, estimateUsage } from '../budget/cost.ts';
import type { ModelRoute } from '../config/plan.ts';
import type { AnswerStream, ParsedAnswer, ParsedRequest, Usage } from '../dialects/dialect.ts';
import type { GatewayError } from '../errors.ts';
import type { Attempt, BeginRecord, DecisionEvent } from '../events/event.ts';
import { Abandonment } from './abandonment.ts';
import { decide, verdictOf } from './decision.ts';
import type { ExchangeDeps } from './exchange-deps.ts';
import { CallerGone, type Inbound } from './inbound.ts';
import type { LivePlan } from './live-plan.ts';
import type { PhaseOutcome, Warning } from './outcome.ts';
import { CALLER_GONE } from './reasons.ts';
import { recordedEntries } from './recorded-entries.ts';
import { toldModel, toldWord } from './told-names.ts';
import type { Verdict } from './verdict.ts';

type Answer = Pick<
  ParsedAnswer & AnswerStream,
  'model' | 'usage' | 'finishReasons' | 'skipped' | 'scannedBytes' | 'outputBytes'
>;

/** Gathers what happens to one request, and makes its event of it. */
export class ExchangeRecord {
  readonly inbound: Inbound;
  readonly live: LivePlan;
  readonly abandonment = new Abandonment();
  readonly outcomes: PhaseOutcome[] = [];
  readonly attempts: Attempt[] = [];
  readonly timings: DecisionEvent['timings_ms'] = {
    input: 0,
    route: 0,
    upstream_first_byte: null,
    upstream: null,
    output: 0,
  };
  readonly facts: Record<string, unknown> = {};
  parsed: ParsedRequest | null = null;
  requestBytes = 0;
  /** The route of the last attempt. */
  route: ModelRoute | null = null;
  edits: string[] = [];
  answer: Answer | null = null;
  /** The event is written: there must be no second. */
  ended = false;
  readonly #deps: ExchangeDeps;
  #begin: BeginRecord | null = null;
  /** The begin record on its way to the kernel; null before and after. */
  #beginning: Promise<void> | null = null;

  constructor(inbound: Inbound, live: LivePlan, deps: ExchangeDeps) {
    this.inbound = inbound;
    this.live = live;
    this.#deps = deps;
  }

  /** The verdict so far; null where `failure` came before there was one. */
  verdict(failure: GatewayError | null = null): Verdict | null {
    return verdictOf(this.outcomes, failure);
  }

  get warnings(): Warning[] {
    const all: Warning[] = [];
    for (const { warnings } of this.outcomes) for (const one of warnings) all.push(one);
    return all;
  }

  /** Milliseconds since the request came, with fractions. */
  elapsed(): number {
    return this.#deps.clock.monotonic() - this.inbound.receivedAt;
  }

  /**
   * Puts on record what is known so far: the model only once the body has been read. What is still on its way is
   * brought up to date, so that a request whose body came with its head has one line. Else there are two, of which
   * recovery takes the later.
   * @throws GatewayError `evidence_unavailable`
   */
  async begin(): Promise<void> {
    const record = this.#beginRecord();
    if (this.#beginning === null) {
      const written = this.#deps.recorder.begin(record);
      if (written === undefined) return;
      this.#beginning = written;
    }
    try {
      await this.#beginning;
    } finally {
      this.#beginning = null;
    }
  }

  #beginRecord(): BeginRecord {
    this.#begin ??= this.#makeBegin();
    if (this.parsed !== null && this.#begin.requested_model === '') {
      this.#begin.requested_model = toldModel(this.parsed.model, this.live.plan);
    }
    return this.#begin;
  }

  #makeBegin(): BeginRecord {
    const { inbound, live } = this;
    const { caller } = inbound;
    const { tokens } = this.#deps;
    const tokenised = caller.user !== null || inbound.clientAddress !== null;
    return {
      id: inbound.eventId,
      ts: new Date(inbound.receivedMs).toISOString(),
      request_id: inbound.requestId,
      dialect: inbound.dialect.name,
      requested_model: '',
      team: caller.team,
      project: caller.project,
      key: caller.key?.id ?? null,
      user_token: tokens.user(caller.user, inbound.receivedMs),
      client_token: tokens.client(inbound.clientAddress, inbound.receivedMs),
      token_key: tokenised ? tokens.keyId(inbound.receivedMs) : null,
      revision: live.plan.revision,
    };
  }

  /**
   * The event of the finished request.
   * @param status HTTP status that was sent; 499 where the caller left before one was
   * @param failure why it was not served in full
   */
  event(status: number, failure: GatewayError | CallerGone | null): DecisionEvent {
    const { inbound, parsed, route, answer } = this;
    const { caller } = inbound;
    const { id, ts, request_id, dialect, ...begin } = this.#beginRecord();
    const decision = decide(this.live.plan.entries, this.outcomes, failure);
    const usage = this.#usage();
    const cost = costOf(usage, route === null ? null : this.live.pricesOf(route));
    return {
      id,
      kind: 'decision',
      ts,
      purpose: 'production',
      request_id,
      dialect,
      stream_response: parsed?.stream ?? false,
      status,
      verdict: decision.verdict,
      would_verdict: decision.would_verdict,
      mode: decision.mode,
      reason: decision.reason,
      policy: decision.policy,
      error: errorOf(failure),
      degraded: decision.degraded,
      requested_model: begin.requested_model,
      model: toldModel(answer?.model ?? route?.upstreamModel ?? begin.requested_model, this.live.plan),
      provider: route?.target.target.provider ?? null,
      target: route?.target.target.id ?? null,
      attempts: this.attempts,
      finish_reasons: (answer?.finishReasons ?? []).map(toldWord),
      team: begin.team,
      project: begin.project,
      use_case: caller.useCase,
      task_id: caller.taskId,
      key: begin.key,
      user_token: begin.user_token,
      client_token: begin.client_token,
      token_key: begin.token_key,
      usage,
      cost: cost.cost,
      cost_nanos: cost.cost_nanos,
      cost_source: cost.cost_source,
      latency_ms: round(this.elapsed()),
      timings_ms: roundTimings(this.timings),
      entries: recordedEntries(decision.entries),
      coverage: {
        request_bytes_scanned: parsed?.scannedBytes ?? 0,
        response_bytes_scanned: answer?.scannedBytes ?? 0,
        skipped: [...(parsed?.skipped ?? []), ...(answer?.skipped ?? [])],
      },
      edits: this.edits,
      revision: begin.revision,
      facts: this.#facts(),
    };
  }

  /** What the decision was made from. */
  #facts(): Record<string, unknown> {
    const policy = this.route?.target.target.data_policy;
    return {
      request_bytes: this.requestBytes,
      ...(policy !== undefined && { data_policy: policy }),
      ...this.facts,
    };
  }

  #usage(): (Usage & { source: 'provider' | 'estimated' }) | null {
    const { answer, parsed } = this;
    if (answer === null || parsed === null) return null;
    if (answer.usage !== null) return { ...answer.usage, source: 'provider' };
    return { ...estimateUsage(parsed.scannedBytes, answer.outputBytes), source: 'estimated' };
  }
}

function errorOf(failure: GatewayError | CallerGone | null): DecisionEvent['error'] {
  if (failure === null) return null;
  if (failure instanceof CallerGone) return { code: CALLER_GONE, message: 'The caller hung up.' };
  return { code: failure.code, message: failure.message };
}

/** Microseconds are enough. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function roundTimings(timings: DecisionEvent['timings_ms']): DecisionEvent['timings_ms'] {
  return {
    input: round(timings.input),
    route: round(timings.route),
    upstream_first_byte: timings.upstream_first_byte === null ? null : round(timings.upstream_first_byte),
    upstream: timings.upstream === null ? null : round(timings.upstream),
    output: round(timings.output),
  };
}

import { GatewayError } from '../errors.ts';
import type { RequestFacts } from '../policies/kind.ts';
import { inspectTexts } from './entries.ts';
import type { BegunAnswer } from './exchange-attempts.ts';
import type { ExchangeDeps } from './exchange-deps.ts';
import { writeEvent } from './exchange-end.ts';
import { answerHeaders } from './exchange-headers.ts';
import { inspect } from './exchange-input.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import { readFailureBody } from './failure-body.ts';
import { inspectResponse } from './hooks.ts';
import { CallerGone } from './inbound.ts';
import type { PhaseEnv } from './outcome.ts';
import { failureOf } from './upstream-status.ts';

/** Bytes of an upstream's error that are read. */
const MAX_ERROR_BYTES = 65_536;

export interface AnswerParts {
  record: ExchangeRecord;
  deps: ExchangeDeps;
  env: PhaseEnv;
  facts: RequestFacts;
}

/**
 * Serves an answer that comes as a whole: read, inspect, record, send.
 * @throws GatewayError; CallerGone
 */
export async function serveWhole(begun: BegunAnswer, parts: AnswerParts): Promise<void> {
  const { record, deps, env } = parts;
  const startedAt = deps.clock.monotonic();
  const { head, receiver, call } = begun;
  refuseEncoded(begun);
  const limit = head.status === 200 ? record.live.plan.config.limits.max_response_bytes : MAX_ERROR_BYTES;
  const body = await receiver.collect(limit, () => call.abort());
  const receivedAt = deps.clock.monotonic();
  record.timings.upstream = (record.timings.upstream_first_byte ?? 0) + receivedAt - startedAt;
  if (head.status !== 200) {
    await servePassedFailure(begun, body, parts);
    return;
  }
  const answer = record.inbound.dialect.readAnswer(body);
  record.answer = answer;
  const texts = await inspect(record, 'output', answer, env);
  record.outcomes.push(texts);
  try {
    if (texts.error !== null) throw texts.error;
    judgeAnswer(begun, body.length, parts);
  } finally {
    record.timings.output = deps.clock.monotonic() - receivedAt;
  }
  const sent = answer.withEdits(texts.edits);
  await finish(200, sent, 'application/json', parts);
}

/** An answer in a coding that was not asked for cannot be inspected. */
export function refuseEncoded({ head, call }: BegunAnswer): void {
  const encoding = head.contentEncoding;
  if (encoding === undefined || encoding === 'identity') return;
  call.abort();
  throw new GatewayError('upstream_invalid', 'The provider sent an encoded answer that was not asked for.');
}

/** Runs the entries that judge a finished answer. @throws GatewayError */
export function judgeAnswer(begun: BegunAnswer, bytes: number, { record, env, facts }: AnswerParts): void {
  const { answer, live } = record;
  if (!live.judgesAnswers || answer === null) return;
  const { target } = begun.route.target;
  const judged = inspectResponse(
    live.plan.entries,
    {
      request: facts,
      target: { id: target.id, provider: target.provider, data_policy: target.data_policy },
      model: answer.model,
      finishReasons: answer.finishReasons,
      bytes,
    },
    env,
  );
  record.outcomes.push(judged);
  if (judged.error !== null) throw judged.error;
}

/** A failure that is the caller's to read passes, inspected like an answer. */
async function servePassedFailure(begun: BegunAnswer, body: Buffer, parts: AnswerParts): Promise<void> {
  const { record, deps, env } = parts;
  const { head, route } = begun;
  const { caller } = record.inbound;
  const text = body.toString('utf8');
  const failure = failureOf(head, text, {
    passThrough: route.target.target.pass_through_credential === true && caller.credential !== null,
    isQuotaExhausted: deps.isQuotaExhausted,
  });
  if (failure !== null) throw failure;
  const read = readFailureBody(body);
  // Vendors quote the key that they were sent: the gateway's own is not the caller's to read.
  if (read === null || deps.upstream.quotesCredential?.(route.target.target, text) === true) {
    const { status } = head;
    throw new GatewayError('upstream_error', `The provider answered with status ${status}.`, { status });
  }
  const texts = inspectTexts(record.live.plan.entries, 'output', read.leaves, env);
  record.outcomes.push(texts);
  if (texts.error !== null) throw texts.error;
  const sent = texts.edits.length === 0 ? body : read.withEdits(texts.edits);
  const retry = head.retryAfter === undefined ? [] : ['retry-after', boundedRetryAfter(head.retryAfter)];
  await finish(head.status, sent, 'application/json', parts, retry);
}

/** Longer ones put clients to sleep. */
function boundedRetryAfter(value: string): string {
  const seconds = Number(value);
  return Number.isFinite(seconds) && seconds >= 0 ? String(Math.min(60, Math.ceil(seconds))) : '60';
}

/** Records, then sends: no last byte before the event has been handed to the kernel. */
async function finish(
  status: number,
  body: Buffer,
  contentType: string,
  { record, deps }: AnswerParts,
  extra: readonly string[] = [],
): Promise<void> {
  const { reply } = record.inbound;
  if (reply.gone) throw new CallerGone();
  await writeEvent(record, deps, record.event(status, null));
  reply.send(status, [...answerHeaders(record, contentType), ...extra], body);
}

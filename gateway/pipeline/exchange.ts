import type { LeafEdit } from '../dialects/dialect.ts';
import { GatewayError } from '../errors.ts';
import { type AnswerParts, serveWhole } from './exchange-answer.ts';
import { Attempts } from './exchange-attempts.ts';
import type { ExchangeDeps } from './exchange-deps.ts';
import { writeEvent } from './exchange-end.ts';
import { refusalHeaders } from './exchange-headers.ts';
import { checkModelAllowed, inspectInput, LARGE_BYTES, requestFacts } from './exchange-input.ts';
import { ExchangeRecord } from './exchange-record.ts';
import { serveStream } from './exchange-stream.ts';
import { chooseRoutes } from './exchange-targets.ts';
import { CallerGone, type Inbound } from './inbound.ts';
import { DEFAULT_TIMEOUTS, type LivePlan } from './live-plan.ts';
import type { PhaseEnv } from './outcome.ts';
import { isEventStream } from './upstream-status.ts';

/**
 * Serves one identified request from its body to its event. Never throws: whatever happens, the caller gets one
 * answer and the record gets one event.
 */
export async function runExchange(inbound: Inbound, live: LivePlan, deps: ExchangeDeps): Promise<void> {
  const record = new ExchangeRecord(inbound, live, deps);
  const { abandonment } = record;
  // From the first moment to the last: what is not among these, a stop neither ends nor waits for.
  const running = deps.running.add(abandonment);
  inbound.reply.onGone(() => abandonment.abandon(new CallerGone()));
  let placed = false;
  try {
    deps.recorder.admit();
    // The request is identified: when this turn of the event loop ends, the record has an event of it, even if the process
    // is killed. And the body is read before a place is taken: one that comes slowly keeps nobody else from being served.
    const begun = record.begin();
    const body = await readBody(record, begun);
    if (body.length > LARGE_BYTES) await begun;
    record.requestBytes = body.length;
    if (!deps.slots.tryTake()) await waitForPlace(record, deps);
    placed = true;
    await serve(record, body, deps);
  } catch (thrown) {
    await refuse(record, deps, thrown).catch((fault: unknown) => {
      deps.fault('refusal', fault);
      inbound.reply.cut();
    });
  } finally {
    if (placed) deps.slots.release();
    deps.running.remove(running);
  }
}

async function serve(record: ExchangeRecord, body: Buffer, deps: ExchangeDeps): Promise<void> {
  const { inbound, live } = record;
  const { clock } = deps;
  const readAt = clock.monotonic();
  const parsed = inbound.dialect.readRequest(body);
  record.parsed = parsed;
  checkModelAllowed(inbound, parsed.model, live.plan);
  const env: PhaseEnv = {
    clock,
    failMode: live.failMode,
    onFault: ({ entry }, thrown) => deps.fault(`policy ${entry.id}`, thrown),
  };
  const facts = requestFacts(inbound, live, parsed, body.length);
  let edits: readonly LeafEdit[];
  try {
    edits = await inspectInput(record, parsed, facts, env);
  } finally {
    // Of a refusal too.
    record.timings.input = clock.monotonic() - readAt;
  }
  const inspectedAt = clock.monotonic();
  const routes = chooseRoutes(record, facts, env);
  record.timings.route = clock.monotonic() - inspectedAt;

  const attempts = new Attempts(record, deps);
  record.abandonment.tell(attempts);
  try {
    await record.begin();
    const begun = await attempts.run(routes, parsed, edits);
    const parts: AnswerParts = { record, deps, env, facts };
    if (parsed.stream && isEventStream(begun.head)) await serveStream(begun, parts);
    else await serveWhole(begun, parts);
  } finally {
    attempts.finish();
  }
}

/** The body, or the failure of what is `begun`, or the end of the exchange, whichever comes first. */
function readBody({ inbound, live, abandonment }: ExchangeRecord, begun: Promise<void>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    begun.catch(reject);
    abandonment.tell({ abandon: reject });
    inbound.readBody(live.plan.config.limits.max_body_bytes).then(resolve, reject);
  });
}

/** Waits in the line for a free place. @throws GatewayError `overloaded`, `not_ready`; CallerGone */
function waitForPlace({ live, abandonment }: ExchangeRecord, deps: ExchangeDeps): Promise<void> {
  const queueMs = live.plan.config.limits.timeouts.queue_ms ?? DEFAULT_TIMEOUTS.queue_ms;
  return new Promise((resolve, reject) => {
    const leave = deps.slots.wait(queueMs, resolve, reject);
    abandonment.tell({
      abandon(reason) {
        leave();
        reject(reason);
      },
    });
  });
}

/** Ends an exchange that was not served in full: one event, then one answer, if there is anybody to answer. */
async function refuse(record: ExchangeRecord, deps: ExchangeDeps, thrown: unknown): Promise<void> {
  const { reply } = record.inbound;
  let failure = reply.gone ? new CallerGone() : failureOf(thrown, deps);
  if (!record.ended) {
    const status = reply.headSent ? 200 : failure instanceof CallerGone ? 499 : failure.status;
    try {
      await writeEvent(record, deps, record.event(status, failure));
    } catch (unrecorded) {
      failure = failureOf(unrecorded, deps);
    }
  }
  if (reply.gone || failure instanceof CallerGone) {
    reply.cut();
    return;
  }
  const { dialect, requestId, eventId } = record.inbound;
  const ids = { requestId, eventId };
  if (reply.headSent) reply.end(dialect.errorFrame(failure, ids));
  else reply.send(failure.status, refusalHeaders(record, failure), dialect.errorBody(failure, ids));
}

function failureOf(thrown: unknown, deps: ExchangeDeps): GatewayError | CallerGone {
  if (thrown instanceof GatewayError || thrown instanceof CallerGone) return thrown;
  deps.fault('exchange', thrown);
  return new GatewayError('internal_error', 'The gateway failed; its log says why.', { cause: thrown });
}

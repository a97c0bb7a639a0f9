import type { Plan } from '../config/plan.ts';
import type { LeafEdit, ParsedRequest } from '../dialects/dialect.ts';
import { GatewayError } from '../errors.ts';
import type { Phase, RequestFacts } from '../policies/kind.ts';
import { inspectLargeTexts, inspectTexts } from './entries.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import { inspectRequest } from './hooks.ts';
import type { Inbound } from './inbound.ts';
import type { LivePlan } from './live-plan.ts';
import type { PhaseEnv, TextOutcome } from './outcome.ts';
import { askedModel } from './told-names.ts';

/** From here on (UTF-8 bytes) a body's texts are looked at in slices: about 4 ms of all built detectors together. */
export const LARGE_BYTES = 65_536;
/** Never shown to a policy. */
const CREDENTIALS = new Set([
  'authorization',
  'x-api-key',
  'x-keeptrusts-key',
  'cookie',
  'proxy-authorization',
]);

/**
 * Runs the entries of the input phase over a parsed request.
 * @returns the edits that they ask for
 * @throws GatewayError of the entry that blocks or fails closed
 */
export async function inspectInput(
  record: ExchangeRecord,
  parsed: ParsedRequest,
  facts: RequestFacts,
  env: PhaseEnv,
): Promise<readonly LeafEdit[]> {
  const { entries } = record.live.plan;
  if (record.live.judgesRequests) {
    const judged = inspectRequest(entries, facts, env);
    record.outcomes.push(judged);
    if (judged.error !== null) throw judged.error;
  }
  const texts = await inspect(record, 'input', parsed, env);
  record.outcomes.push(texts);
  if (texts.error !== null) throw texts.error;
  return texts.edits;
}

/**
 * Looks at all texts of a body, and its calls of tools where an entry judges them: at once, or where they are large with
 * turns for other requests between.
 * @throws why the exchange ended in such a turn
 */
export function inspect(
  { live: { plan, judgesCalls }, abandonment }: ExchangeRecord,
  phase: Phase,
  body: Pick<ParsedRequest, 'leaves' | 'scannedBytes' | 'toolCalls'>,
  env: PhaseEnv,
): TextOutcome | Promise<TextOutcome> {
  const calls = judgesCalls[phase] ? body.toolCalls() : undefined;
  if (body.scannedBytes <= LARGE_BYTES) return inspectTexts(plan.entries, phase, body.leaves, env, calls);
  return inspectLargeTexts(plan.entries, phase, body.leaves, env, () => abandonment.nextTurn(), calls);
}

/** @throws GatewayError `model_not_allowed` */
export function checkModelAllowed(inbound: Inbound, model: string, plan: Plan): void {
  const { models, key } = inbound.caller;
  if (models === null || models.has(model)) return;
  throw new GatewayError(
    'model_not_allowed',
    `The key ${key?.id ?? ''} may not use ${askedModel(model, plan)}.`,
  );
}

/** What policies are told of a request as a whole. */
export function requestFacts(
  inbound: Inbound,
  live: LivePlan,
  parsed: ParsedRequest,
  bytes: number,
): RequestFacts {
  const { caller } = inbound;
  const { namespace, name } = live.plan.config.gateway;
  return {
    namespace,
    gateway: name,
    dialect: inbound.dialect.name,
    model: parsed.model,
    stream: parsed.stream,
    bytes,
    team: caller.team ?? undefined,
    project: caller.project ?? undefined,
    use_case: caller.useCase ?? undefined,
    key: caller.key?.id,
    // No accessor, which would make them when asked: one in a literal is a new shape of object each time, and those kept
    // 80 MB more of ended requests in memory.
    headers: live.judgesRequests || live.filtersTargets ? headerRecord(inbound.headers) : {},
  };
}

function headerRecord(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase();
    if (!CREDENTIALS.has(name)) headers[name] ??= raw[index + 1]!;
  }
  return headers;
}

import type { LeafEdit, ParsedRequest } from '../dialects/dialect.ts';
import { GatewayError } from '../errors.ts';
import type { RequestFacts } from '../policies/kind.ts';
import { inspectTexts } from './entries.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import { inspectRequest } from './hooks.ts';
import type { Inbound } from './inbound.ts';
import type { LivePlan } from './live-plan.ts';
import type { PhaseEnv } from './outcome.ts';

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
export function inspectInput(
  record: ExchangeRecord,
  parsed: ParsedRequest,
  facts: RequestFacts,
  env: PhaseEnv,
): readonly LeafEdit[] {
  const { entries } = record.live.plan;
  if (record.live.judgesRequests) {
    const judged = inspectRequest(entries, facts, env);
    record.outcomes.push(judged);
    if (judged.error !== null) throw judged.error;
  }
  const texts = inspectTexts(entries, 'input', parsed.leaves, env);
  record.outcomes.push(texts);
  if (texts.error !== null) throw texts.error;
  return texts.edits;
}

/** @throws GatewayError `model_not_allowed` */
export function checkModelAllowed(inbound: Inbound, model: string): void {
  const { models, key } = inbound.caller;
  if (models === null || models.has(model)) return;
  throw new GatewayError(
    'model_not_allowed',
    `The key ${key?.id ?? ''} may not use the model "${model.slice(0, 128)}".`,
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

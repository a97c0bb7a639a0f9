import type { ModelRoute } from '../config/plan.ts';
import { GatewayError } from '../errors.ts';
import type { RequestFacts } from '../policies/kind.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import type { PhaseEnv } from './outcome.ts';
import { filterTargets } from './targets.ts';
import { askedModel } from './told-names.ts';

/**
 * The ways to serve a request, best first.
 * @throws GatewayError `model_not_found`, `no_compliant_provider`, `target_unavailable`
 */
export function chooseRoutes(
  record: ExchangeRecord,
  facts: RequestFacts,
  env: PhaseEnv,
): readonly ModelRoute[] {
  const { plan, filtersTargets } = record.live;
  const routes = plan.routes(facts.model);
  if (routes.length === 0) {
    throw new GatewayError('model_not_found', `No target serves ${askedModel(facts.model, plan)}.`);
  }
  const permitted = filtersTargets ? permittedRoutes(record, routes, facts, env) : routes;
  const usable = permitted.filter(({ target }) => target.unavailable === null);
  if (usable.length === 0) {
    const [first] = permitted;
    throw new GatewayError(
      'target_unavailable',
      `The target "${first?.target.target.id ?? ''}" cannot be used: ${first?.target.unavailable ?? ''}`,
    );
  }
  return usable;
}

function permittedRoutes(
  record: ExchangeRecord,
  routes: readonly ModelRoute[],
  facts: RequestFacts,
  env: PhaseEnv,
): readonly ModelRoute[] {
  const candidates = routes.map(({ target: { target } }) => ({
    id: target.id,
    provider: target.provider,
    data_policy: target.data_policy,
  }));
  const outcome = filterTargets(record.live.plan.entries, candidates, facts, env);
  record.outcomes.push(outcome);
  if (outcome.log || outcome.excluded.size > 0) {
    record.facts['targets'] = candidates.map(({ id, data_policy }) => ({
      id,
      data_policy: data_policy ?? null,
      excluded: outcome.excluded.get(id) ?? null,
    }));
  }
  if (outcome.error !== null) throw outcome.error;
  return routes.filter(({ target }) => !outcome.excluded.has(target.target.id));
}

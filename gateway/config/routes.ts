import type { ModelRoute, Plan, PlannedTarget } from './plan.ts';

export interface RouteIndex {
  routes: Plan['routes'];
  models: Plan['models'];
}

/**
 * Which targets serve a model name. A name or alias that some target lists goes to the targets that list it; every
 * other name to the targets without a list. Both in the order of the document.
 */
export function indexRoutes(targets: readonly PlannedTarget[]): RouteIndex {
  const listed = new Map<string, ModelRoute[]>();
  const models = new Map<string, string>();
  const open: PlannedTarget[] = [];
  for (const planned of targets) {
    const { models: own = [], provider } = planned.target;
    if (own.length === 0) open.push(planned);
    for (const model of own) {
      for (const name of [model.name, ...(model.aliases ?? [])]) {
        const routes = listed.get(name) ?? [];
        routes.push({ target: planned, model, upstreamModel: model.name });
        listed.set(name, routes);
        if (!models.has(name)) models.set(name, provider);
      }
    }
  }
  return {
    routes: (name) =>
      listed.get(name) ?? open.map((target) => ({ target, model: null, upstreamModel: name })),
    models: [...models].map(([id, owned_by]) => ({ id, owned_by })),
  };
}

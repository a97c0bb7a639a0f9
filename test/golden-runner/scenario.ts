import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** Where the scenarios lie: a folder each, named by the behaviour that it shows. */
const root = fileURLToPath(new URL('../golden/operator', import.meta.url));

/** What only an API server has: field managers beside ours, permissions, or versions that two clients write over. */
const NEEDS = ['foreign-managers', 'rbac'] as const;
type Need = (typeof NEEDS)[number];

/**
 * One behaviour of the operator. `in.yaml`, and `in.2.yaml` and so on, is all that people have asked for at each step;
 * `out.*` is what the operator makes of the last. `case.yaml` names what a scenario `needs` beyond an object store.
 */
export interface Scenario {
  name: string;
  folder: string;
  needs: readonly Need[];
  steps: readonly Step[];
  /** Roles and bindings of the operator, `rbac.yaml`; null where it may do everything. */
  rbac: string | null;
}

export interface Step {
  /** All that people ask for from now on; null where that is as it was. */
  resources: string | null;
  /** What another client applies first, taking what it names from whoever had it: `foreign.yaml`, `foreign.2.yaml`, … */
  foreign: string | null;
}

/** Every scenario, by name. @throws Error for one with a need that nobody knows */
export function scenarios(): Scenario[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .map(readScenario);
}

export function readScenario(name: string): Scenario {
  const folder = join(root, name);
  const file = (path: string): string | null =>
    existsSync(join(folder, path)) ? readFileSync(join(folder, path), 'utf8') : null;
  const { needs = [] } = (parse(file('case.yaml') ?? '{}') ?? {}) as { needs?: Need[] };
  const unknown = needs.filter((need) => !NEEDS.includes(need));
  if (unknown.length > 0)
    throw new Error(`${name} needs ${unknown.join(', ')}; known are ${NEEDS.join(', ')}`);
  const steps: Step[] = [];
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : `.${number}`;
    const step = { resources: file(`in${suffix}.yaml`), foreign: file(`foreign${suffix}.yaml`) };
    if (step.resources === null && step.foreign === null) break;
    steps.push(step);
  }
  return { name, folder, needs, steps, rbac: file('rbac.yaml') };
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import schema from './scenario.schema.json' with { type: 'json' };

const root = fileURLToPath(new URL('../scenarios', import.meta.url));

/** What a scenario is made of. `scenario.schema.json` says what each step takes and means. */
export interface Scenario {
  /** Of its folder. */
  name: string;
  folder: string;
  /** In the words of people. */
  title: string;
  /** It disturbs what others rely on, or measures what others would disturb. */
  alone: boolean;
  /** It does something to the node, so that the cluster has to be one of ours. */
  node: boolean;
  steps: readonly Step[];
}

/** One member names what is done; `in: other` does it in the second namespace of the scenario. */
export type Step = Readonly<Record<string, unknown>> & { in?: 'other' };

/** Reads every scenario, by name. @throws Error for one that the schema does not allow, with the place */
export function readScenarios(): Scenario[] {
  const check = scenarioCheck();
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .map((name) => {
      const folder = join(root, name);
      const text = readFileSync(join(folder, 'scenario.yaml'), 'utf8');
      return { alone: false, node: false, ...check(name, parse(text)), name, folder };
    });
}

/** What a file says, once it is as the schema wants it. @throws Error */
export function scenarioCheck(): (name: string, told: unknown) => Pick<Scenario, 'title' | 'steps'> {
  const isScenario = new Ajv({ allErrors: true }).compile<Pick<Scenario, 'title' | 'steps'>>(schema);
  return (name, told) => {
    if (isScenario(told)) return told;
    const faults = isScenario.errors!.map(({ instancePath, message, params }) =>
      [instancePath, message, params['additionalProperty']].filter((part) => part !== undefined).join(' '),
    );
    throw new Error(`scenario ${name}: ${faults.join('; ')}`);
  };
}

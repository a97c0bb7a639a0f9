import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cliPage } from './cli-page.ts';
import { compositionPage } from './composition-page.ts';
import { conditionsPage } from './conditions-page.ts';
import { configSchemaOutput } from './config-schema.ts';
import { crdOutputs } from './crds.ts';
import { crdsPage } from './crds-page.ts';
import { errorsPage } from './errors-page.ts';
import { formatted } from './format.ts';
import { metricsPage } from './metrics-page.ts';
import type { Output } from './output.ts';
import { policiesPage } from './policies-page.ts';
import { registryOutput } from './registry.ts';
import { typeOutputs } from './types.ts';

/** Every generated file of the repository, in memory. */
export async function allOutputs(root: string): Promise<Output[]> {
  const outputs = [
    ...crdOutputs(root),
    ...(await typeOutputs(root)),
    registryOutput(root),
    crdsPage(root),
    policiesPage(root),
    errorsPage(),
    compositionPage(),
    conditionsPage(),
    cliPage(),
    await configSchemaOutput(),
    await metricsPage(),
  ];
  return Promise.all(outputs.map((output) => formatted(root, output)));
}

/** Those that differ from what is on disk. */
export function stale(root: string, outputs: readonly Output[]): Output[] {
  return outputs.filter(({ path, text }) => {
    const file = join(root, path);
    return !existsSync(file) || readFileSync(file, 'utf8') !== text;
  });
}

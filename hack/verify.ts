/**
 * Fails where a generated file is not what `npm run generate` would write, or where a CRD breaks a house rule:
 * a CEL function outside `crds/cel-functions.yaml`, a pattern that RE2 and JavaScript read differently, an unbounded
 * or undescribed field.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { boundFaults } from './generate/bounds.ts';
import { permittedFunctions, ruleFaults } from './generate/cel-rules.ts';
import { buildCrds } from './generate/crds.ts';
import { readKinds } from './generate/kinds.ts';
import { allOutputs, stale } from './generate/outputs.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const permitted = permittedFunctions(root);
const faults = [
  ...stale(root, await allOutputs(root)).map(({ path }) => `${path} is stale: run npm run generate`),
  ...buildCrds(root, readKinds(root)).flatMap((crd) => [...ruleFaults(crd, permitted), ...boundFaults(crd)]),
];
for (const fault of faults) console.error(fault);
console.log(faults.length === 0 ? 'every generated file is up to date' : `${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;

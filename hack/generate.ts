/**
 * Writes every generated file: `npm run generate`. A second run changes nothing. `hack/verify.ts` says which are stale.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allOutputs, stale } from './generate/outputs.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const changed = stale(root, await allOutputs(root));
for (const { path, text } of changed) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  console.log(`wrote ${path}`);
}
if (changed.length === 0) console.log('every generated file is up to date');

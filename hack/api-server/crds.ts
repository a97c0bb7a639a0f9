import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of our CRDs, with a kustomization. */
export const crds = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'crds');

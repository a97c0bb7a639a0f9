import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { CustomResourceDefinition } from '../../crds/schema.ts';

/** Reads the CRDs of a folder, in order of file name. @throws Error of `node:fs`, or for bad YAML */
export function readCrds(folder: string): CustomResourceDefinition[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => parse(readFileSync(join(folder, file), 'utf8')) as { kind?: string })
    .filter((document): document is CustomResourceDefinition => document.kind === 'CustomResourceDefinition');
}

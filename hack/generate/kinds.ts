import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { KindSchema } from '../../operator/domain/mapping/kind-schema.ts';

/** One folder of `gateway/policies`. */
export interface KindFolder {
  /** Such as `pii-detector`. */
  name: string;
  schema: KindSchema;
  /** Text of its `README.md`. */
  readme: string;
  hasLint: boolean;
}

/** Every policy kind that has a schema, in order of name. */
export function readKinds(root: string): KindFolder[] {
  return globSync('gateway/policies/*/schema.json', { cwd: root })
    .map((file) => basename(dirname(file)))
    .sort()
    .map((name) => {
      const folder = join(root, 'gateway/policies', name);
      const [readme] = globSync('README.md', { cwd: folder });
      return {
        name,
        schema: JSON.parse(readFileSync(join(folder, 'schema.json'), 'utf8')) as KindSchema,
        readme: readme === undefined ? '' : readFileSync(join(folder, readme), 'utf8'),
        hasLint: globSync('lint.ts', { cwd: folder }).length > 0,
      };
    });
}

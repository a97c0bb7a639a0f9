import { camelCase } from '../../operator/domain/mapping/names.ts';
import { readKinds } from './kinds.ts';
import { notice, type Output } from './output.ts';

/** `operator/domain/kinds.generated.ts`: the settings schema of every policy kind, for code that may not read files. */
export function registryOutput(root: string): Output {
  const kinds = readKinds(root);
  const imports = kinds.map(
    ({ name }) =>
      `import ${camelCase(name)} from '../../gateway/policies/${name}/schema.json' with { type: 'json' };`,
  );
  const text = `// ${notice('the folders of `gateway/policies`')}
${imports.join('\n')}
import type { KindSchema } from './mapping/kind-schema.ts';

/** The settings schema of each policy kind, by its name in the document. */
export const KIND_SCHEMAS: Readonly<Record<string, KindSchema>> = {
${kinds.map(({ name }) => `  '${name}': ${camelCase(name)},`).join('\n')}
};
`;
  return { path: 'operator/domain/kinds.generated.ts', text };
}

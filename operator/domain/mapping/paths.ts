import { type DocPath, formatPath, parsePath } from '../../../gateway/contract/doc-path.ts';
import { type KindSchema, resolved } from './kind-schema.ts';
import { camelCase } from './names.ts';

/**
 * A path in a kind's settings as the resource spells it: names of fields convert, keys of maps do not. Steps that the
 * schema does not know (an unknown field is what the path may be about) stay as they are.
 */
export function pathToResource(schema: KindSchema, path: string): string {
  const steps: (string | number)[] = [];
  let at: KindSchema | undefined = schema;
  for (const step of parsePath(path)) {
    const node: KindSchema | undefined = at && resolved(at, schema);
    const field: KindSchema | undefined = node?.properties?.[step];
    steps.push(field === undefined ? step : camelCase(String(step)));
    at = field ?? (typeof step === 'number' ? node?.items : mapValue(node));
  }
  return formatPath(steps satisfies DocPath);
}

function mapValue(node: KindSchema | undefined): KindSchema | undefined {
  return typeof node?.additionalProperties === 'object' ? node.additionalProperties : undefined;
}

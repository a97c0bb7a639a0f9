import { type CustomResourceDefinition, type StructuralSchema, storedSchema } from '../../crds/schema.ts';
import { buildCrds } from './crds.ts';
import { readKinds } from './kinds.ts';
import { limits, page, table } from './markdown.ts';
import { notice, type Output } from './output.ts';

/** `docs/reference/crds.md`: every field and rule of our resources. */
export function crdsPage(root: string): Output {
  const crds = buildCrds(root, readKinds(root));
  return {
    path: 'docs/reference/crds.md',
    text: page('Resources', notice('`crds/src` and the policy kinds'), crds.map(section)),
  };
}

function section(crd: CustomResourceDefinition): string {
  const schema = storedSchema(crd);
  const { kind, shortNames } = crd.spec.names;
  const rules = rulesOf(schema, '');
  return [
    `## ${kind}`,
    `\`apiVersion: ${crd.spec.group}/v1alpha1\`, short name \`${shortNames.join(', ')}\`. ${schema.description ?? ''}`,
    table(
      ['field', 'type', 'default', 'limits', 'meaning'],
      rowsOf(schema.properties?.['spec'] ?? {}, 'spec'),
    ),
    ...(rules.length === 0 ? [] : ['Rules over several fields:', table(['where', 'rule'], rules)]),
    'Status, written by the operator:',
    table(
      ['field', 'type', 'default', 'limits', 'meaning'],
      rowsOf(schema.properties?.['status'] ?? {}, 'status'),
    ),
  ].join('\n\n');
}

function rowsOf(schema: StructuralSchema, path: string): string[][] {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const field = `${path}.${name}`;
    const fallback = required.has(name)
      ? 'required'
      : child.default === undefined
        ? ''
        : `\`${JSON.stringify(child.default)}\``;
    const row = [`\`${field}\``, typeOf(child), fallback, limits(child), child.description ?? ''];
    return [row, ...rowsOf(child, field)];
  });
  return schema.items === undefined ? rows : [...rows, ...rowsOf(schema.items, `${path}[]`)];
}

function typeOf(schema: StructuralSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  if (schema.additionalProperties !== undefined) return `map to ${typeOf(schema.additionalProperties)}`;
  return schema.type ?? '';
}

function rulesOf(schema: StructuralSchema, path: string): string[][] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => [
    `\`${path || 'the object'}\``,
    message,
  ]);
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    rulesOf(child, path === '' ? name : `${path}.${name}`),
  );
  const items = schema.items === undefined ? [] : rulesOf(schema.items, `${path}[]`);
  const values =
    schema.additionalProperties === undefined ? [] : rulesOf(schema.additionalProperties, `${path}.*`);
  return [...own, ...below, ...items, ...values];
}

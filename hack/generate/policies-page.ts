import { type KindSchema, resolved } from '../../operator/domain/mapping/kind-schema.ts';
import { camelCase, pascalCase } from '../../operator/domain/mapping/names.ts';
import { type KindFolder, readKinds } from './kinds.ts';
import { limits, page, table } from './markdown.ts';
import { notice, type Output } from './output.ts';

/** `docs/reference/policies.md`: what each policy kind does and the fields that it takes. */
export function policiesPage(root: string): Output {
  const intro = `A kind is used by an entry of a chain (\`policy-config.yaml\`, names in snake_case) or of a GovernancePolicy
(names in camelCase, enum values in PascalCase). Keys of maps are data and are written the same way in both.

No built kind judges a tool call as a whole: its name and each string of its arguments are scanned as text by the kinds that scan
text. A kind of your own can (\`inspectToolCall\`): it sees each call of an answer, or of a request's history, when all of it is
there, see [decision 19](../adr/0019-tool-calls-are-judged-whole.md). One that needs \`session\`, \`network\`, \`hold\` or
\`wholeMessage\` makes the gateway refuse its document, since such an entry would not be enforced.`;
  return {
    path: 'docs/reference/policies.md',
    text: page('Policy kinds', notice('the folders of `gateway/policies`'), [
      intro,
      ...readKinds(root).map(section),
    ]),
  };
}

function section({ name, schema, readme }: KindFolder): string {
  const rows = rowsOf(schema, schema, '', '');
  return [
    `## ${name}`,
    `In a GovernancePolicy: \`kind: ${pascalCase(name)}\`, settings in \`${camelCase(name)}\`.`,
    readme
      .replace(/^# .*\n+/, '')
      .replaceAll(/^#/gm, '##')
      .trim(),
    table(['document', 'resource', 'type', 'default', 'limits', 'meaning'], rows),
  ].join('\n\n');
}

function rowsOf(schema: KindSchema, root: KindSchema, document: string, resource: string): string[][] {
  const node = resolved(schema, root);
  const required = new Set(node.required ?? []);
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const field = resolved(child, root);
    const [inDocument, inResource] = [`${document}${name}`, `${resource}${camelCase(name)}`];
    const fallback = required.has(name)
      ? 'required'
      : field.default === undefined
        ? ''
        : `\`${JSON.stringify(field.default)}\``;
    const row = [
      `\`${inDocument}\``,
      `\`${inResource}\``,
      typeOf(field, root),
      fallback,
      limits(field),
      field.description ?? '',
    ];
    return [row, ...below(field, root, inDocument, inResource)];
  });
}

function below(field: KindSchema, root: KindSchema, document: string, resource: string): string[][] {
  if (field.items !== undefined) return rowsOf(field.items, root, `${document}[].`, `${resource}[].`);
  return field.properties === undefined ? [] : rowsOf(field, root, `${document}.`, `${resource}.`);
}

function typeOf(field: KindSchema, root: KindSchema): string {
  if (field.enum !== undefined) return field.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (field.items !== undefined) return `list of ${typeOf(resolved(field.items, root), root)}`;
  if (typeof field.additionalProperties === 'object') {
    return `map to ${typeOf(resolved(field.additionalProperties, root), root)}`;
  }
  return field.type ?? '';
}

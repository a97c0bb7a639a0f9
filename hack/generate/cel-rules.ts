import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseCel } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import { parse } from 'yaml';
import { type CustomResourceDefinition, type StructuralSchema, storedSchema } from '../../crds/schema.ts';
import { usesOf } from '../../operator/local/validate/cel-ast.ts';

/** Names of the CEL macros, functions and operators that `crds/cel-functions.yaml` permits. */
export function permittedFunctions(root: string): Set<string> {
  const lists = parse(readFileSync(join(root, 'crds/cel-functions.yaml'), 'utf8')) as Record<
    string,
    string[]
  >;
  return new Set(Object.values(lists).flat());
}

/** One line for each CEL rule or pattern that the API server and the local validator may not read alike. */
export function ruleFaults(crd: CustomResourceDefinition, permitted: ReadonlySet<string>): string[] {
  const faults: string[] = [];
  visit(storedSchema(crd), '', (schema, path) => {
    const where = `${crd.spec.names.kind} ${path || '<root>'}`;
    if (schema.pattern !== undefined) faults.push(...patternFaults(schema.pattern, where));
    for (const { rule } of schema['x-kubernetes-validations'] ?? []) {
      const uses = usesOf(parseCel(rule).ast);
      const others = [...uses.functions].filter((name) => !permitted.has(name));
      if (others.length > 0) faults.push(`${where}: the rule uses ${others.join(', ')}: ${rule}`);
      faults.push(...uses.patterns.flatMap((pattern) => patternFaults(pattern, where)));
    }
  });
  return faults;
}

/** Classes that differ between the two engines beyond ASCII, and what only one of them has. */
const DIFFERENT = /\(\?(?!:)|\\[sSpPzAQ1-9]/;

function patternFaults(pattern: string, where: string): string[] {
  const told = DIFFERENT.exec(pattern);
  if (told !== null)
    return [`${where}: ${told[0]} does not mean the same in RE2 and in JavaScript: ${pattern}`];
  try {
    new RegExp(pattern, 'u');
    RE2JS.compile(pattern);
    return [];
  } catch (error) {
    return [`${where}: ${(error as Error).message}`];
  }
}

/** Every node of a schema with its path. */
export function visit(
  schema: StructuralSchema,
  path: string,
  seen: (schema: StructuralSchema, path: string) => void,
): void {
  seen(schema, path);
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    visit(child, path === '' ? name : `${path}.${name}`, seen);
  }
  if (schema.items !== undefined) visit(schema.items, `${path}[]`, seen);
  if (schema.additionalProperties !== undefined) visit(schema.additionalProperties, `${path}.*`, seen);
}

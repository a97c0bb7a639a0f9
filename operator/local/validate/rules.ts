import type { StructuralSchema, ValidationRule } from '../../../crds/schema.ts';
import { usesOf } from './cel-ast.ts';
import { environmentOf, toCel } from './cel-types.ts';
import { children, isUnchanged } from './correlate.ts';
import { type FieldError, formatPath, type PathPart, shown } from './errors.ts';

interface CompiledRule {
  rule: ValidationRule;
  /** Compares with the former state, so it runs on updates only. */
  transition: boolean;
  holds(self: unknown, oldSelf: unknown): unknown;
}

type RuleCheck = (value: unknown, old: unknown) => FieldError[];

/**
 * Compiles every CEL rule of a schema.
 *
 * @throws Error for a rule that does not compile against the type of its node, or that needs `oldSelf` where no old
 * value can be found (below a list that is not a map)
 */
export function ruleCheck(schema: StructuralSchema): RuleCheck {
  const compiled = new Map<StructuralSchema, CompiledRule[]>();
  collect(schema, [], true, compiled);
  return (value, old) => evaluate(schema, { value, old, unchanged: false }, [], compiled);
}

function collect(
  schema: StructuralSchema,
  path: readonly PathPart[],
  correlated: boolean,
  into: Map<StructuralSchema, CompiledRule[]>,
): void {
  const rules = schema['x-kubernetes-validations'] ?? [];
  if (rules.length > 0) {
    const environment = environmentOf(schema, path.length === 0);
    const compiled = rules.map((rule): CompiledRule => {
      const fail = (why: string): never => {
        throw new Error(`rule of ${formatPath(path)}: ${why}\n  ${rule.rule}`);
      };
      const checked = environment.check(rule.rule);
      if (!checked.valid) fail(checked.error?.message ?? 'it does not compile');
      if (checked.type !== 'bool') fail(`it must be a bool, not ${checked.type}`);
      const run = environment.parse(rule.rule);
      const transition = usesOf(run.ast).variables.has('oldSelf');
      if (transition && !correlated) fail('oldSelf is not known here');
      return { rule, transition, holds: (self, oldSelf) => run({ self, oldSelf }) };
    });
    into.set(schema, compiled);
  }
  const { properties = {}, items, additionalProperties } = schema;
  for (const [name, child] of Object.entries(properties)) collect(child, [...path, name], correlated, into);
  if (additionalProperties !== undefined)
    collect(additionalProperties, [...path, { key: '*' }], correlated, into);
  if (items !== undefined) {
    collect(items, [...path, { key: '*' }], correlated && schema['x-kubernetes-list-type'] === 'map', into);
  }
}

interface Judged {
  value: unknown;
  old: unknown;
  /** Whether it, or what it is part of, is as it was. */
  unchanged: boolean;
}

function evaluate(
  schema: StructuralSchema,
  { value, old, unchanged }: Judged,
  path: readonly PathPart[],
  compiled: ReadonlyMap<StructuralSchema, CompiledRule[]>,
): FieldError[] {
  if (value === undefined || value === null) return [];
  const errors: FieldError[] = [];
  const rules = compiled.get(schema) ?? [];
  if (rules.length > 0) {
    const isRoot = path.length === 0;
    const self = toCel(schema, value, isRoot);
    const oldSelf = old === undefined || old === null ? undefined : toCel(schema, old, isRoot);
    for (const rule of rules) {
      // What was accepted once stays so while nobody touches it, though rules have been added since; but a rule of
      // the step from old to new is one of every step.
      if (rule.transition ? oldSelf === undefined : unchanged) continue;
      const error = broken(rule, { self, oldSelf, value }, path);
      if (error !== undefined) errors.push(error);
    }
  }
  for (const [child, at, before, part] of children(schema, value, old)) {
    const same = before === undefined ? unchanged : isUnchanged(child, at, before);
    errors.push(...evaluate(child, { value: at, old: before, unchanged: same }, [...path, part], compiled));
  }
  return errors;
}

function broken(
  { rule, holds }: CompiledRule,
  { self, oldSelf, value }: { self: unknown; oldSelf: unknown; value: unknown },
  path: readonly PathPart[],
): FieldError | undefined {
  let detail = rule.message;
  try {
    if (holds(self, oldSelf) === true) return undefined;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    detail = `rule evaluation error: ${reason}`;
  }
  const at = (rule.fieldPath ?? '').split('.').filter((part) => part !== '');
  const scalar = typeof value !== 'object' ? `${shown(value)}: ` : '';
  return {
    path: formatPath([...path, ...at]),
    code: 'Invalid',
    message: `Invalid value: ${scalar}${detail}`,
  };
}

/** Settings that passed the schema, defaults filled in. */
export interface RewriterSettings {
  readonly preserve_structure: boolean;
  readonly rules: readonly Rule[];
}

export interface Rule {
  readonly name: string;
  readonly pattern?: string;
  readonly replacement: string;
  readonly position: 'replace' | 'prepend' | 'append';
  readonly condition?: string;
}

/** The patterns that decide whether a rule applies to a text at all. */
export function gatesOf(rule: Rule): string[] {
  const gates = [rule.condition, rule.position === 'replace' ? undefined : rule.pattern];
  return gates.filter((source) => source !== undefined);
}

import type { LeafFacts } from '../policies/kind.ts';

/** Kinds of values that a field may have, as bits of `gateway/json/node.ts`. */
export type Kinds = number;

/** When a string of a field holds no text. What does not meet the condition is scanned. */
export type SkipWhen =
  /** Looks like an identifier or a word of an enumeration: short, no space, no `@`. */
  | 'token'
  /** A `data:` URL. */
  | 'data_url'
  /** Whatever it is. */
  | 'always';

/** One line of a dialect's list: what stands at a path. */
export interface FieldRule {
  /** Keys and `[]`, such as `messages[].content[].text`. */
  path: string;
  /** What the strings here, and below where no rule says otherwise, are. */
  part?: LeafFacts['part'];
  skip?: { when: SkipWhen; reason: string };
  /** What the field may be, with the words for the error. */
  expect?: { kinds: Kinds; words: string; required?: boolean };
  /** This object has a `role` that holds for all text in it. */
  role?: boolean;
  /** A JSON text inside a string. */
  json?: boolean;
  /** Below here no key is a word of the API, except these. */
  words?: ReadonlySet<string>;
}

/** The list as a tree. */
export interface Shape {
  readonly rule: FieldRule;
  readonly fields: ReadonlyMap<string, Shape>;
  readonly items: Shape | null;
  /** Fields that must be there. */
  readonly required: readonly FieldRule[];
}

interface Building {
  rule: FieldRule;
  fields: Map<string, Building>;
  items: Building | null;
  required: FieldRule[];
}

/** Compiles a dialect's list. A path that no line names on the way is a known key without a rule of its own. */
export function compileShape(rules: readonly FieldRule[]): Shape {
  const root = empty('');
  for (const rule of rules) {
    let at = root;
    let above = root;
    for (const step of rule.path === '' ? [] : rule.path.split(/\.|(?=\[\])/)) {
      above = at;
      if (step === '[]') {
        at.items ??= empty(`${at.rule.path}[]`);
        at = at.items;
      } else {
        let next = at.fields.get(step);
        if (next === undefined) {
          next = empty(at.rule.path === '' ? step : `${at.rule.path}.${step}`);
          at.fields.set(step, next);
        }
        at = next;
      }
    }
    at.rule = rule;
    if (rule.expect?.required === true) above.required.push(rule);
  }
  return root;
}

function empty(path: string): Building {
  return { rule: { path }, fields: new Map(), items: null, required: [] };
}

const TOKEN = /^[A-Za-z0-9_.:|/-]{0,128}$/;

/** Whether a value of this field is skipped. */
export function skips(when: SkipWhen, value: string): boolean {
  if (when === 'always') return true;
  if (when === 'token') return TOKEN.test(value);
  return value.startsWith('data:');
}

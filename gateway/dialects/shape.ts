import { flat } from '../json/flat.ts';
import type { LeafFacts } from '../policies/kind.ts';

/** Kinds of values that a field may have, as bits of `gateway/json/node.ts`. */
export type Kinds = number;

/** When a string of a field holds no text. What does not meet the condition is scanned. */
export type SkipWhen =
  /** Looks like an identifier or a word of an enumeration: short, no space, no `@`. */
  | 'token'
  /** Looks like the name of a model. */
  | 'name'
  /** Nothing but base 64, bare or as a `data:` URL. */
  | 'base64'
  /** A `data:` URL of base 64. */
  | 'data_url';

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

/**
 * The list as a tree. Every node has all members in one order, so that reading them stays fast however different the
 * rules are.
 */
export interface Shape {
  readonly path: string;
  readonly part: LeafFacts['part'] | null;
  readonly skip: { when: SkipWhen; reason: string } | null;
  /** 0 where anything goes. */
  readonly kinds: Kinds;
  /** What the field takes, in words. */
  readonly expected: string;
  readonly role: boolean;
  readonly json: boolean;
  readonly words: ReadonlySet<string> | null;
  readonly fields: ReadonlyMap<string, Shape>;
  readonly items: Shape | null;
  /** Fields that must be there. */
  readonly required: readonly Shape[];
  /** Its key in the object above. */
  readonly key: string;
}

interface Building {
  rule: FieldRule;
  key: string;
  fields: Map<string, Building>;
  items: Building | null;
}

/** Compiles a dialect's list. A path that no line names on the way is a known key without a rule of its own. */
export function compileShape(rules: readonly FieldRule[]): Shape {
  const root = building('', '');
  for (const rule of rules) {
    let at = root;
    for (const step of rule.path === '' ? [] : rule.path.split(/\.|(?=\[\])/)) at = below(at, step);
    at.rule = rule;
  }
  return finish(root);
}

function building(path: string, key: string): Building {
  return { rule: { path }, key, fields: new Map(), items: null };
}

function below(at: Building, step: string): Building {
  if (step === '[]') {
    at.items ??= building(`${at.rule.path}[]`, '');
    return at.items;
  }
  let next = at.fields.get(step);
  if (next === undefined) {
    next = building(at.rule.path === '' ? step : `${at.rule.path}.${step}`, step);
    at.fields.set(step, next);
  }
  return next;
}

function finish({ rule, key, fields, items }: Building): Shape {
  const finished = new Map([...fields].map(([name, field]) => [name, finish(field)] as const));
  const required = [...fields].filter(([, field]) => field.rule.expect?.required === true);
  return {
    path: flat(rule.path),
    part: rule.part ?? null,
    skip: rule.skip ?? null,
    kinds: rule.expect?.kinds ?? 0,
    expected: rule.expect?.words ?? '',
    role: rule.role ?? false,
    json: rule.json ?? false,
    words: rule.words ?? null,
    fields: finished,
    items: items === null ? null : finish(items),
    required: required.map(([name]) => finished.get(name)!),
    key,
  };
}

const TOKEN = /^[A-Za-z0-9_.:|/-]{0,128}$/;
const NAME = /^[A-Za-z0-9_.:|/@+~-]{0,256}$/;
const DATA_URL = /^data:[A-Za-z0-9.+/-]{0,127}(?:;[A-Za-z0-9.=_-]{1,64}){0,8};base64,/;

/** Whether it may be the name of a model: short, no space. */
export function looksLikeName(value: string): boolean {
  return NAME.test(value);
}

/** Whether a value of this field is skipped. */
export function skips(when: SkipWhen, value: string): boolean {
  if (when === 'token') return TOKEN.test(value);
  if (when === 'name') return looksLikeName(value);
  const head = DATA_URL.exec(value);
  if (head === null && when === 'data_url') return false;
  const data = head === null ? value : value.slice(head[0].length);
  return isBase64(data);
}

/** By the first unit that is none: a pattern for the whole of megabytes can overflow the matcher's stack. */
function isBase64(data: string): boolean {
  if (endsAt(data, /[^A-Za-z0-9+/]/)) return true;
  // The other alphabet has the hyphen, which short texts have too.
  return data.length >= 32 && endsAt(data, /[^A-Za-z0-9_-]/);
}

function endsAt(data: string, other: RegExp): boolean {
  const at = data.search(other);
  return at < 0 || (data.length - at <= 2 && /^==?$/.test(data.slice(at)));
}

import type { ErrorObject } from 'ajv/dist/2020.js';
import type { Code } from './codes.ts';
import { type DocPath, pointerPath } from './doc-path.ts';
import { nearest } from './nearest.ts';
import type { Finding, Findings } from './problem.ts';

/** What an error of ajv says to a person. `data` is the value that was validated, `base` where it stands. */
export function addSchemaFindings(
  errors: readonly ErrorObject[],
  data: unknown,
  base: DocPath,
  findings: Findings,
): void {
  const told = new Set<string>();
  for (const error of errors) {
    const path = [...base, ...pointerPath(error.instancePath, data)];
    const finding = findingOf(error, path);
    if (finding === null) continue;
    // A value of the wrong type also fails the bounds: the first word is enough.
    const where = JSON.stringify(finding.path);
    if (told.has(where)) continue;
    told.add(where);
    findings.push(finding);
  }
}

function findingOf(error: ErrorObject, path: DocPath): Finding | null {
  const { keyword, params } = error;
  const secret = path.indexOf('secret_key_ref');
  if (secret >= 0) return badSecretRef(path.slice(0, secret + 1));
  if (error.propertyName !== undefined) return badName(error, path, error.propertyName);
  switch (keyword) {
    case 'if':
    case 'propertyNames':
      return null;
    case 'additionalProperties':
      return unknownKey(error, path, String(params['additionalProperty']));
    case 'required': {
      const name = String(params['missingProperty']);
      return {
        code: 'E013',
        path: [...path, name],
        message: `{parent} needs \`${name}\`${about(error, name)}`,
      };
    }
    case 'type':
      return wrongType(error, path);
    case 'enum':
      return notListed(error, path, params['allowedValues'] as unknown[]);
    case 'const':
      return notListed(error, path, [params['allowedValue']]);
    case 'uniqueItems':
      return {
        code: 'E027',
        path: [...path, Math.max(Number(params['i']), Number(params['j']))],
        message: '{path} holds a value that stands in {parent} already',
      };
    default:
      return bounds(error, path);
  }
}

function badSecretRef(path: DocPath): Finding {
  return {
    code: 'E022',
    path,
    message:
      '`secret_key_ref` must be an object with exactly one of `env`, `store` and `file`, each a name, never a value',
    suggestion: 'secret_key_ref: {env: NAME}',
  };
}

function unknownKey(error: ErrorObject, path: DocPath, name: string): Finding {
  const valid = Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {}).sort();
  const suggestion = nearest(name, valid);
  return {
    code: 'E002',
    path: [...path, name],
    message: `\`${name.slice(0, 64)}\` is not a key of {parent}; valid keys are ${valid.join(', ')}`,
    ...(suggestion === undefined ? {} : { suggestion }),
    atKey: true,
  };
}

/** A key of a map whose keys are data, but not any data. */
function badName(error: ErrorObject, path: DocPath, name: string): Finding {
  const allowed = (error.params['allowedValues'] as unknown[] | undefined)?.map(String);
  const suggestion = allowed === undefined ? undefined : nearest(name, allowed);
  const what = allowed === undefined ? 'is malformed' : `is none of ${allowed.join(', ')}`;
  return {
    code: allowed === undefined ? 'E016' : 'E002',
    path: [...path, name],
    message: `the key \`${name.slice(0, 64)}\` of {parent} ${what}`,
    ...(suggestion === undefined ? {} : { suggestion }),
    atKey: true,
  };
}

const WORDS: Readonly<Record<string, string>> = { yes: 'true', on: 'true', no: 'false', off: 'false' };

function wrongType(error: ErrorObject, path: DocPath): Finding {
  const wanted = [error.params['type']].flat().map(String);
  const suggestion = typeHint(wanted, error.data, error.parentSchema?.['pattern']);
  return {
    code: 'E012',
    path,
    message: `{path} must be ${wanted.map(article).join(' or ')}, not ${article(typeOf(error.data))}${wanted.includes('string') ? description(error.parentSchema) : ''}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function typeHint(wanted: readonly string[], data: unknown, pattern: unknown): string | undefined {
  if (wanted.includes('boolean') && typeof data === 'string') return WORDS[data.toLowerCase()];
  if (wanted.includes('string') && (typeof data === 'number' || typeof data === 'boolean')) {
    const fits = typeof pattern !== 'string' || new RegExp(pattern, 'u').test(String(data));
    return fits ? `"${data}"` : undefined;
  }
  if (wanted.includes('integer') && typeof data === 'string' && /^-?\d{1,15}$/.test(data)) return data;
  return undefined;
}

function notListed(error: ErrorObject, path: DocPath, allowed: unknown[]): Finding {
  const words = allowed.map(String);
  const data = error.data;
  const suggestion = typeof data === 'string' && data.length <= 64 ? nearest(data, words) : undefined;
  return {
    code: 'E015',
    path,
    message: `{path} must be one of ${words.join(', ')}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

const BOUNDS: Readonly<Record<string, [Code, (limit: unknown) => string]>> = {
  minimum: ['E014', (limit) => `must be at least ${limit}`],
  maximum: ['E014', (limit) => `must be at most ${limit}`],
  exclusiveMinimum: ['E014', (limit) => `must be over ${limit}`],
  exclusiveMaximum: ['E014', (limit) => `must be under ${limit}`],
  minLength: ['E014', (limit) => `must have at least ${limit} characters`],
  maxLength: ['E014', (limit) => `must have at most ${limit} characters`],
  minItems: ['E014', (limit) => `must have at least ${limit} items`],
  maxItems: ['E014', (limit) => `must have at most ${limit} items`],
  minProperties: ['E014', (limit) => `must have at least ${limit} keys`],
  maxProperties: ['E014', (limit) => `must have at most ${limit} keys`],
};

function bounds(error: ErrorObject, path: DocPath): Finding {
  if (error.keyword === 'minLength' && error.params['limit'] === 1) {
    return { code: 'E014', path, message: `{path} must not be empty${description(error.parentSchema)}` };
  }
  const [code, words] = BOUNDS[error.keyword] ?? ['E016', () => 'is malformed'];
  const limit = error.params['limit'];
  return { code, path, message: `{path} ${words(limit)}${description(error.parentSchema)}` };
}

function about(error: ErrorObject, name: string): string {
  const properties = error.parentSchema?.['properties'] as
    | Record<string, Record<string, unknown>>
    | undefined;
  return description(properties?.[name]);
}

function description(schema: Record<string, unknown> | undefined): string {
  const text = schema?.['description'];
  return typeof text === 'string' ? `: ${text.replace(/\.$/, '')}` : '';
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

const ARTICLES: Readonly<Record<string, string>> = {
  string: 'a text',
  object: 'a map',
  array: 'a list',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'empty',
};

function article(type: string): string {
  return ARTICLES[type] ?? type;
}

import { isPlain } from '../../gateway/contract/plain.ts';
import type { NewKey } from '../store/keys.ts';
import { ApiError } from './errors.ts';

/** What a person says of a key that is to be made. */
export type KeyWish = Omit<NewKey, 'id' | 'sha256' | 'namespaceUid' | 'createdAt' | 'createdBy'>;

/** Names of objects in a cluster. */
const OBJECT_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** As in a policy config. */
const CALLER_NAME = /^\P{Cc}{1,128}$/u;
const MODEL_NAME = /^[^\p{Cc}\s]{1,128}$/u;
const NOTE = /^\P{Cc}{1,500}$/u;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
const MAX_MODELS = 64;
const FIELDS = [
  ...['namespace', 'gateway', 'team', 'project', 'user', 'use_case', 'models', 'expires_at', 'note'],
];

/**
 * Reads the body of `POST /v1/keys`. What is not known is refused: a limit that this version cannot keep must not be
 * taken for none.
 * @param now milliseconds since the epoch
 * @throws ApiError `invalid_body`
 */
export function readKeyWish(body: unknown, now: number): KeyWish {
  if (!isPlain(body)) throw new ApiError('invalid_body', 'send a JSON object that says for whom the key is.');
  const unknown = Object.keys(body).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) {
    throw new ApiError(
      'invalid_body',
      `there is no field '${unknown.slice(0, 64)}'; there are ${FIELDS.join(', ')}.`,
    );
  }
  const namespace = text(body, 'namespace', OBJECT_NAME, 'the name of a namespace');
  if (namespace === null) throw new ApiError('invalid_body', 'namespace is needed.');
  const name = 'a name of at most 128 characters without control characters';
  return {
    namespace,
    gateway: text(body, 'gateway', OBJECT_NAME, 'the name of a gateway'),
    team: text(body, 'team', CALLER_NAME, name),
    project: text(body, 'project', CALLER_NAME, name),
    user: text(body, 'user', CALLER_NAME, name),
    useCase: text(body, 'use_case', CALLER_NAME, name),
    models: readModels(body['models']),
    expiresAt: readExpiry(text(body, 'expires_at', TIME, 'a time such as 2027-01-31T18:00:00Z'), now),
    note: text(body, 'note', NOTE, 'a line of at most 500 characters'),
  };
}

function text(body: Record<string, unknown>, name: string, form: RegExp, what: string): string | null {
  const value = body[name];
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' && form.test(value) && value.isWellFormed()) return value;
  throw new ApiError('invalid_body', `${name} must be ${what}.`);
}

/** An empty list would read as no limit. */
function readModels(value: unknown): string[] | null {
  if (value === undefined || value === null) return null;
  const fits =
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= MAX_MODELS &&
    value.every((model) => typeof model === 'string' && MODEL_NAME.test(model) && model.isWellFormed());
  if (fits) return [...new Set<string>(value)];
  throw new ApiError(
    'invalid_body',
    `models must be a list of 1 to ${MAX_MODELS} names of models; leave it out for every model.`,
  );
}

function readExpiry(value: string | null, now: number): number | null {
  if (value === null) return null;
  const at = Date.parse(value);
  if (Number.isNaN(at)) throw new ApiError('invalid_body', 'expires_at is a time that does not exist.');
  if (at <= now) throw new ApiError('invalid_body', 'expires_at is past.');
  return at;
}

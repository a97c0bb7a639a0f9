import { type FieldError, isBlocking } from '../../operator/local/validate/errors.ts';
import type { ValidationResult } from '../../operator/local/validate.ts';
import type { ApiAnswer } from '../fakes/kube-api.ts';

/** What an API server said to an object. */
export type Verdict =
  | { accepted: Record<string, unknown> }
  /** Unknown fields, the first thing that it looks at; where there are any, it looks no further. */
  | { unknown: string[] }
  /** Metadata of a wrong type: the object was not even read, and no field is named. */
  | { unreadable: string }
  | { errors: string[]; rulesLeftOut: boolean };

const STRICT = 'strict decoding error: ';
const NOTICE = 'Invalid value: null: some validation rules were not checked because the object was invalid';

interface Cause {
  reason: string;
  field: string;
  message: string;
}

export function verdictOf({ status, body }: ApiAnswer): Verdict {
  if (status < 300) return { accepted: body };
  const message = String(body['message']);
  const causes = (body['details'] as { causes?: Cause[] } | undefined)?.causes;
  if (status === 422 && causes !== undefined) {
    const isNotice = (cause: Cause): boolean => cause.field === '<nil>' && cause.message.startsWith(NOTICE);
    return {
      errors: causes
        .filter((cause) => !isNotice(cause))
        .map(({ reason, field, message: text }) => `${reason} ${field}: ${text}`)
        .sort(),
      rulesLeftOut: causes.some(isNotice),
    };
  }
  if (status !== 400) throw new Error(`no verdict but ${status} ${message}`);
  if (!message.includes(STRICT)) return { unreadable: message };
  return { unknown: [...message.matchAll(/unknown field "([^"]+)"/g)].map(([, field]) => field!).sort() };
}

/** Where the local validator does not say what the API server said, in words; null where it does. */
export function difference(
  local: ValidationResult,
  server: Verdict,
  subresource: 'spec' | 'status',
): string | null {
  const errors = local.errors ?? [];
  const told = errors.map(subresource === 'status' ? statusLine : line).sort();
  if ('accepted' in server) return told.length === 0 ? null : `accepted there, here:\n  ${told.join('\n  ')}`;
  if (told.length === 0) return `accepted here, there: ${JSON.stringify(server)}`;
  if ('unreadable' in server) return null;
  if ('unknown' in server) {
    const unknown = errors.filter(({ code }) => code === 'Unknown').map(({ path }) => path);
    return same(unknown.sort(), server.unknown, 'unknown fields');
  }
  if (server.rulesLeftOut !== errors.some(isBlocking)) {
    return `CEL rules are ${server.rulesLeftOut ? 'left out there, not here' : 'run there, not here'}: ${told.join('; ')}`;
  }
  return same(told, server.errors, 'errors');
}

/** The API server's name of a class is ours with a prefix. */
const line = ({ code, path, message }: FieldError): string => `FieldValue${code} ${path}: ${message}`;

/** Asked for the status alone, the API server begins there in the words, though not in the path. */
const statusLine = (error: FieldError): string =>
  line(error).replace(/ status\.?(\S*) in body /, ' $1 in body ');

function same(here: readonly string[], there: readonly string[], what: string): string | null {
  if (JSON.stringify(here) === JSON.stringify(there)) return null;
  return `${what} differ\n  here:\n    ${here.join('\n    ')}\n  there:\n    ${there.join('\n    ')}`;
}

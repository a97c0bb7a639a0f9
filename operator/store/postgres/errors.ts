import { StoreError } from '../errors.ts';

/** Where the server is, in words that hold neither password nor parameters. */
export interface Whereabouts {
  /** `HOST:PORT`, or the path of a socket. */
  server: string;
  database: string;
  user: string;
}

/**
 * What failed and what to do, in our words. What the server says beside its message (detail, context) may quote rows
 * and is left out.
 */
export function storeError(error: unknown, where: Whereabouts): StoreError {
  if (error instanceof StoreError) return error;
  const { message, code } = error as { message?: unknown; code?: unknown };
  const reason = typeof code === 'string' ? byState(code, where) : null;
  if (reason !== null) return new StoreError(`PostgreSQL at ${where.server}: ${reason}`);
  const text = typeof message === 'string' ? (message.split('\n')[0] ?? '') : 'unknown failure';
  const plain = DRIVER_MESSAGES.find(([pattern]) => pattern.test(text))?.[1];
  if (plain !== undefined) return new StoreError(`PostgreSQL at ${where.server}: ${plain}`);
  const state = typeof code === 'string' ? ` (${code})` : '';
  return new StoreError(`PostgreSQL at ${where.server}: ${text}${state}`);
}

/** What the driver says without a code. */
const DRIVER_MESSAGES: readonly (readonly [RegExp, string])[] = [
  [/^timeout exceeded when trying to connect/, 'every connection is in use, or it does not answer.'],
  [/read timeout|connection timeout|timeout expired/, 'it does not answer.'],
  [/^Connection terminated|not queryable|connection error/, 'the connection broke.'],
];

/** SQLSTATE (appendix A of PostgreSQL's manual) or code of a system call. */
function byState(code: string, { database, user }: Whereabouts): string | null {
  switch (code) {
    case '28P01':
    case '28000':
      return `it does not let user '${user}' in. Check user and password of DATABASE_URL.`;
    case '3D000':
      return `there is no database '${database}'. Make it, or correct DATABASE_URL.`;
    case '42501':
      return `user '${user}' may not do this in database '${database}'; it must own what it works with.`;
    case '25006':
      return 'it is read-only. DATABASE_URL must lead to the primary.';
    case '53100':
      return 'its disk is full.';
    case '53200':
      return 'it is out of memory or of locks. Raise its max_locks_per_transaction, or ask for a shorter time.';
    case '53300':
      return 'it has no connection left. Raise its max_connections, or run fewer control planes.';
    case '57014':
    case '55P03':
      return 'it took too long.';
    case '57P01':
    case '57P02':
    case '57P03':
    case '25P03':
      return 'it ended the connection, or is starting or stopping.';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its name cannot be resolved.';
    case 'ECONNREFUSED':
    case 'ECONNRESET':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
    case 'EPIPE':
    case 'ENOENT':
      return `it cannot be reached (${code}).`;
    default:
      return null;
  }
}

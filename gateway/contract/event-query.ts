/**
 * The query of `GET /v1/events`, the same for a lone gateway and for the control plane: its parameters, what each
 * means, and the form of the answer.
 */

/** Which events. Absent members do not restrict. */
export interface EventFilter {
  /** Milliseconds since the epoch, inclusive. */
  since?: number;
  /** Milliseconds since the epoch, exclusive. */
  until?: number;
  /** Verdicts, any of them: `allow`, `block`, `redact`, `escalate`. */
  decision?: string[];
  provider?: string;
  model?: string;
  team?: string;
  namespace?: string;
  gateway?: string;
  /** Id of the entry that decided. */
  policy?: string;
  request_id?: string;
}

export interface EventQuery {
  filter: EventFilter;
  limit: number;
  /** Store position to go on from. */
  position: number | null;
  /** `oldest` is for followers: it always gets a cursor back. */
  order: 'newest' | 'oldest';
  count: boolean;
}

/** A parameter that cannot be read. The API answers 400 `invalid_parameter` with the message. */
export class EventQueryError extends Error {
  readonly parameter: string;
  constructor(parameter: string, message: string) {
    super(`${parameter}: ${message}`);
    this.name = 'EventQueryError';
    this.parameter = parameter;
  }
}

const MAX_LIMIT = 500;
const DEFAULT_LIMIT = 50;
const VERDICTS = ['allow', 'block', 'redact', 'escalate'] as const;
const TEXT_PARAMETERS = [
  'provider',
  'model',
  'team',
  'namespace',
  'gateway',
  'policy',
  'request_id',
] as const;
const PARAMETERS = new Set<string>([
  ...TEXT_PARAMETERS,
  ...['since', 'until', 'decision', 'verdict', 'limit', 'cursor', 'count', 'order'],
]);

/**
 * Reads the query string. `now` is in milliseconds since the epoch.
 * @throws EventQueryError
 */
export function parseEventQuery(parameters: URLSearchParams, now: number): EventQuery {
  for (const name of parameters.keys()) {
    if (!PARAMETERS.has(name))
      throw new EventQueryError(
        name,
        `there is no such parameter. There are ${[...PARAMETERS].sort().join(', ')}.`,
      );
    if (parameters.getAll(name).length > 1)
      throw new EventQueryError(name, 'it is given twice; give it once.');
  }
  const filter: EventFilter = {};
  const since = parameters.get('since');
  const until = parameters.get('until');
  if (since !== null) filter.since = parseTime('since', since, now);
  if (until !== null) filter.until = parseTime('until', until, now);
  const decision = parameters.get('decision') ?? parameters.get('verdict');
  if (decision !== null) filter.decision = parseDecision(decision);
  for (const name of TEXT_PARAMETERS) {
    const value = parameters.get(name);
    if (value !== null && value !== '') filter[name] = value;
  }
  const order = parameters.get('order') ?? 'newest';
  if (order !== 'newest' && order !== 'oldest')
    throw new EventQueryError('order', "it is 'newest' or 'oldest'.");
  const cursor = parameters.get('cursor');
  return {
    filter,
    limit: parseLimit(parameters.get('limit')),
    position: cursor === null ? null : readCursor(cursor, filter, order),
    order,
    count: parseBoolean('count', parameters.get('count')),
  };
}

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * A time before now (`30s`, `5m`, `24h`, `7d`) or an RFC 3339 time, in milliseconds since the epoch.
 * @throws EventQueryError
 */
export function parseTime(parameter: string, value: string, now: number): number {
  const [, amount, unit] = /^(\d{1,6})([smhdw])$/.exec(value) ?? [];
  if (amount !== undefined && unit !== undefined) return now - Number(amount) * UNIT_MS[unit]!;
  const time = /^\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d))?$/.test(value)
    ? Date.parse(value)
    : Number.NaN;
  if (Number.isNaN(time)) {
    throw new EventQueryError(
      parameter,
      `'${value.slice(0, 40)}' is no time. Give one such as 5m, 24h, 7d or 2026-11-01T00:00:00Z.`,
    );
  }
  return time;
}

function parseDecision(value: string): string[] {
  const wanted = value.split(',').map((word) => word.trim());
  const unknown = wanted.find((word) => !(VERDICTS as readonly string[]).includes(word));
  if (unknown !== undefined)
    throw new EventQueryError('decision', `'${unknown.slice(0, 40)}' is none of ${VERDICTS.join(', ')}.`);
  return wanted;
}

function parseLimit(value: string | null): number {
  if (value === null) return DEFAULT_LIMIT;
  const limit = /^\d{1,6}$/.test(value) ? Number(value) : 0;
  if (limit < 1 || limit > MAX_LIMIT)
    throw new EventQueryError('limit', `it is a whole number from 1 to ${MAX_LIMIT}.`);
  return limit;
}

function parseBoolean(parameter: string, value: string | null): boolean {
  if (value === null || value === 'false') return false;
  if (value === 'true') return true;
  throw new EventQueryError(parameter, "it is 'true' or 'false'.");
}

/** A cursor holds a store position and a check of what it was made for; nobody else reads it. */
export function makeCursor(position: number, filter: EventFilter, order: EventQuery['order']): string {
  return btoa(`${position}.${checkOf(filter, order)}`)
    .replaceAll('=', '')
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}

function readCursor(cursor: string, filter: EventFilter, order: EventQuery['order']): number {
  let text = '';
  try {
    text = atob(cursor.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {}
  const [, position, check] = /^(\d{1,15})\.(\d+)$/.exec(text) ?? [];
  if (position === undefined || Number(check) !== checkOf(filter, order)) {
    throw new EventQueryError(
      'cursor',
      'it belongs to another query. Use it only with the parameters that it came from.',
    );
  }
  return Number(position);
}

/** FNV-1a over what a cursor must not change. Times are left out: `since=5m` moves from call to call. */
function checkOf(filter: EventFilter, order: string): number {
  const { since: _since, until: _until, ...rest } = filter;
  let hash = 0x811c9dc5;
  for (const char of JSON.stringify([order, Object.entries(rest).sort()])) {
    hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193) >>> 0;
  }
  return hash;
}

/** What the filter looks at. `verdict` is `none` for records without one, which no `decision` finds. */
export interface FilterableEvent {
  ts: number;
  verdict: string;
  provider: string | null;
  model: string | null;
  team: string | null;
  namespace: string;
  gateway: string;
  policy: string | null;
  /** Null or empty for records of no single request. */
  request_id: string | null;
}

/** True when the event is one of those asked for. Stores with an index say the same in their own language. */
export function matchesFilter(event: FilterableEvent, filter: EventFilter): boolean {
  if (filter.since !== undefined && event.ts < filter.since) return false;
  if (filter.until !== undefined && event.ts >= filter.until) return false;
  if (filter.decision !== undefined && !filter.decision.includes(event.verdict)) return false;
  return TEXT_PARAMETERS.every((name) => filter[name] === undefined || filter[name] === event[name]);
}

/**
 * The body of a list, spliced from the records' own bytes so that a reader can hash each one again.
 * `next` is the position to go on from.
 */
export function eventListBody(records: readonly string[], next: number | null, query: EventQuery): string {
  const cursor = next === null ? null : makeCursor(next, query.filter, query.order);
  return `{"events":[${records.join(',')}],"next_cursor":${JSON.stringify(cursor)}}`;
}

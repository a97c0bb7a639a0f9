import type { EventColumns } from './store.ts';

/**
 * Text as every store can keep it: PostgreSQL takes no NUL, and neither takes half a surrogate pair. Filters compare with
 * this form too.
 */
export const storedText = (value: string): string => value.toWellFormed().replaceAll('\0', '\uFFFD');

const text = (value: unknown): string | null => (typeof value === 'string' ? storedText(value) : null);
const wholeNumber = (value: unknown, largest: number): number | null =>
  Number.isInteger(value) && Math.abs(value as number) <= largest ? (value as number) : null;

/**
 * The columns of a record, by which lists filter. A record without a verdict (a gap, a request that was refused before
 * anything was decided) has `none`, one without a request of its own an empty `request_id`: no filter asks for either.
 */
export function readColumns(record: Readonly<Record<string, unknown>>): EventColumns {
  const ts = Date.parse(String(record['ts']));
  return {
    id: storedText(String(record['id'])),
    kind: storedText(String(record['kind'])),
    ts: Number.isNaN(ts) ? 0 : ts,
    namespace: storedText(String(record['namespace'])),
    gateway: storedText(String(record['gateway'])),
    verdict: text(record['verdict']) ?? 'none',
    policy: text(record['policy']),
    provider: text(record['provider']),
    model: text(record['model']),
    team: text(record['team']),
    request_id: text(record['request_id']) ?? '',
    status: wholeNumber(record['status'], 999) ?? 0,
    cost_nanos: wholeNumber(record['cost_nanos'], Number.MAX_SAFE_INTEGER),
  };
}

/** The first column that does not say what its record says, or null. */
export function differingColumn(
  columns: EventColumns,
  record: Readonly<Record<string, unknown>>,
): keyof EventColumns | null {
  const own = readColumns(record);
  for (const name of Object.keys(own) as (keyof EventColumns)[]) if (own[name] !== columns[name]) return name;
  return null;
}

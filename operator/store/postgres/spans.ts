import type { EventFilter } from '../../../gateway/contract/event-query.ts';
import type { Run } from './database.ts';
import { dateOf, dayOf } from './days.ts';

export interface Span {
  date: string;
  /** No event of it stands before this, in the direction of the list; null while it may still grow. */
  bound: number | null;
}

/** Partitions that one statement looks into at most. Each takes about ten locks of the server's table of locks. */
const AT_ONCE = 64;

/** The days that may hold events of a filter, the newest first. */
export async function datesOf(run: Run, filter: EventFilter): Promise<string[]> {
  const { sql, values } = within(filter);
  const rows = await run(
    `SELECT day::text AS date FROM keeptrusts.days WHERE ${sql} ORDER BY day DESC`,
    values,
  );
  return rows.map((row) => String(row['date']));
}

/** Those that may hold events before a position (anywhere when null), the highest positions first. */
export async function spansBefore(run: Run, filter: EventFilter, position: number | null): Promise<Span[]> {
  const { sql, values } = within(filter);
  const bound = `$${values.length + 1}::bigint`;
  return spans(
    await run(
      `SELECT day::text AS date, last AS bound FROM keeptrusts.days
       WHERE ${sql} AND (last IS NULL OR (last > 0 AND (${bound} IS NULL OR first < ${bound})))
       ORDER BY last DESC NULLS FIRST, day DESC`,
      [...values, position],
    ),
  );
}

/** Those that may hold events after a position, the lowest positions first. */
export async function spansAfter(run: Run, filter: EventFilter, position: number): Promise<Span[]> {
  const { sql, values } = within(filter);
  return spans(
    await run(
      `SELECT day::text AS date, first AS bound FROM keeptrusts.days
       WHERE ${sql} AND (last IS NULL OR last > $${values.length + 1}) ORDER BY first NULLS FIRST, day`,
      [...values, position],
    ),
  );
}

const spans = (rows: Record<string, unknown>[]): Span[] =>
  rows.map(({ date, bound }) => ({ date: String(date), bound: bound === null ? null : Number(bound) }));

/** Growing pieces, so that no statement needs too many partitions; where the first is mostly enough, it is small. */
export function* pieces<T>(items: readonly T[], first = AT_ONCE): Generator<T[]> {
  let size = first;
  for (let from = 0; from < items.length; ) {
    yield items.slice(from, from + size);
    from += size;
    size = Math.min(size * 2, AT_ONCE);
  }
}

/** The days of the filter's times, and those that hold events of other days. */
function within(filter: EventFilter): { sql: string; values: unknown[] } {
  const values: unknown[] = [];
  const bound = (operator: string, ms: number | undefined): string => {
    if (ms === undefined) return 'true';
    values.push(dateOf(dayOf(ms)));
    return `day ${operator} $${values.length}`;
  };
  const asked = [bound('>=', filter.since), bound('<=', filter.until)].join(' AND ');
  return { sql: `(misfiled OR (${asked}))`, values };
}

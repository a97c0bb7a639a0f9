import type { EventFilter } from '../../../gateway/contract/event-query.ts';
import { storedText } from '../columns.ts';

/** A WHERE clause with its values. Names come from code, values only as parameters. */
export class Conditions {
  readonly #parts: string[] = [];
  readonly values: unknown[] = [];

  /** `sql` has a `?` for the value. */
  add(sql: string, value: unknown): void {
    this.values.push(value);
    this.#parts.push(sql.replace('?', `$${this.values.length}`));
  }

  addPlain(sql: string): void {
    this.#parts.push(sql);
  }

  get sql(): string {
    return `WHERE ${this.#parts.join(' AND ')}`;
  }
}

const EQUAL = ['provider', 'model', 'team', 'namespace', 'gateway', 'policy', 'request_id'] as const;

/** The filter in SQL; it says what `matchesFilter` says. What a spool writes for itself is left out. */
export function where(filter: EventFilter): Conditions {
  const conditions = new Conditions();
  conditions.addPlain("kind NOT LIKE 'stream.%'");
  if (filter.since !== undefined) conditions.add('ts >= ?', filter.since);
  if (filter.until !== undefined) conditions.add('ts < ?', filter.until);
  if (filter.decision !== undefined) conditions.add('verdict = ANY(?)', filter.decision);
  for (const name of EQUAL) {
    const value = filter[name];
    if (value !== undefined) conditions.add(`${name} = ?`, storedText(value));
  }
  return conditions;
}

import type { EventColumns } from './store.ts';

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/**
 * The columns of a record, by which lists filter. A record without a verdict (a gap, a request that was refused before
 * anything was decided) has `none`, one without a request of its own an empty `request_id`: no filter asks for either.
 */
export function readColumns(record: Readonly<Record<string, unknown>>): EventColumns {
  const ts = Date.parse(String(record['ts']));
  const cost = record['cost_nanos'];
  const status = record['status'];
  return {
    id: String(record['id']),
    kind: String(record['kind']),
    ts: Number.isNaN(ts) ? 0 : ts,
    namespace: String(record['namespace']),
    gateway: String(record['gateway']),
    verdict: text(record['verdict']) ?? 'none',
    policy: text(record['policy']),
    provider: text(record['provider']),
    model: text(record['model']),
    team: text(record['team']),
    request_id: text(record['request_id']) ?? '',
    status: typeof status === 'number' ? status : 0,
    cost_nanos: typeof cost === 'number' ? cost : null,
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

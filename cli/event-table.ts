/** What the tables read of a record; a record has more. */
export interface EventRecord {
  id: string;
  ts: string;
  verdict?: string | null;
  would_verdict?: string;
  error?: { code: string } | null;
  reason?: string;
  policy?: string | null;
  model?: string;
  provider?: string | null;
  status?: number | null;
  latency_ms?: number | null;
  cost?: number | null;
  team?: string | null;
}

export interface EventPage {
  events: EventRecord[];
  next_cursor: string | null;
}

export const EVENT_HEADER = [
  'TIME',
  'ID',
  'VERDICT',
  'REASON',
  'POLICY',
  'MODEL',
  'STATUS',
  'MS',
  'COST',
] as const;

/**
 * One row; a request that got no verdict has `error` in its place, and what Observe or Guide withheld stands in brackets
 * behind it. Of a failure the reason is its code: the policies that passed do not explain it. A block has its own.
 */
export function eventRow(event: EventRecord): string[] {
  const verdict = event.verdict ?? (event.error ? 'error' : '-');
  const withheld = event.would_verdict === undefined ? '' : ` (${event.would_verdict})`;
  return [
    event.ts.replace('T', ' ').replace(/\.\d+Z$/, 'Z'),
    event.id,
    `${verdict}${withheld}`,
    (verdict === 'block' ? undefined : event.error?.code) ?? event.reason ?? '-',
    event.policy ?? '-',
    event.model || '-',
    String(event.status ?? '-'),
    event.latency_ms?.toFixed(1) ?? '-',
    event.cost === undefined || event.cost === null ? '-' : `$${event.cost.toFixed(6)}`,
  ];
}

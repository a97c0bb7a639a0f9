import { StoreError } from '../errors.ts';
import { type KnownStream, type NewRecord, placeOf, readNewRecords } from '../place.ts';
import type { AppendResult, EventBatch } from '../store.ts';
import type { Database, Outcome, Run } from './database.ts';
import { type Day, dateOf, dayOf, dayOfEvent, isLate } from './days.ts';
import type { Partitions } from './partitions.ts';
import { streamLines } from './stream-lines.ts';

/** Partitions are missing; nothing was added. */
interface Missing {
  missing: Day[];
}

/** One may find days without a partition, and one that a partition of them has been dropped. */
const TRIES = 4;

/**
 * Adds what is new of a batch, once: the row of its stream is locked from before the comparison until the commit, also
 * against other control planes.
 * @throws StoreError
 */
export async function appendEvents(
  database: Database,
  partitions: Partitions,
  batch: EventBatch,
): Promise<AppendResult> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const outcome = await database.transaction((run) => append(run, partitions, batch));
    if ('result' in outcome) return outcome;
    await partitions.ensure(outcome.missing);
  }
  throw new StoreError(
    `PostgreSQL at ${database.where.server}: the partition of an event is being detached. Try again when it is.`,
  );
}

async function append(
  run: Run,
  partitions: Partitions,
  batch: EventBatch,
): Promise<Outcome<AppendResult | Missing>> {
  const known = await lockStream(run, batch);
  const place = placeOf(batch, known);
  if ('result' in place) return { undo: place };
  const different = await differingRecord(run, batch, place.repeated);
  if (different !== null) return { undo: { result: 'fork', seq: different } };
  const read = readNewRecords(batch, place, known);
  if ('result' in read) return { undo: read };
  const { records, head } = read;
  const added = records.length;
  const stored: AppendResult = { result: 'stored', acked: place.from + added - 1, added };
  if (added === 0) return { undo: stored };

  const [row] = await run(ANNOUNCE);
  const now = Number(row?.['now']);
  const complete = String(row?.['complete']);
  const days = records.map(({ columns }) => dayOfEvent(columns.ts, now));
  const missing = partitions.missing(days);
  if (missing.length > 0) return { undo: { missing } };
  const late = datesWhere(days, (day) => isLate(day, now) || dateOf(day) <= complete);
  const misfiled = datesWhere(days, (day, index) => day !== dayOf(records[index]!.columns.ts));
  try {
    if (late.length > 0) {
      await run('SELECT FROM keeptrusts.days WHERE day = ANY($1) ORDER BY day FOR UPDATE', [late]);
    }
    await insert(run, batch, records, days, head);
    if (late.length > 0) await run(WIDEN, [late, Number(row?.['low']) + 1]);
    if (misfiled.length > 0) {
      await run('UPDATE keeptrusts.days SET misfiled = true WHERE day = ANY($1) AND NOT misfiled', [
        misfiled,
      ]);
    }
  } catch (error) {
    if ((error as { code?: unknown }).code !== NO_PARTITION) throw error;
    // Somebody has dropped one that was there.
    partitions.forget();
    return { undo: { missing: partitions.missing(days) } };
  }
  return { commit: stored };
}

const datesWhere = (days: readonly Day[], is: (day: Day, index: number) => boolean): string[] =>
  [...new Set(days.filter(is))].map(dateOf);

/** `complete` is the last day that lists take as such; it is not over where the server's clock was ahead once. */
const ANNOUNCE = `
SELECT keeptrusts.announce_append() AS low, extract(epoch FROM keeptrusts.clock()) * 1000 AS now,
  coalesce((SELECT max(day) FROM keeptrusts.days WHERE last IS NOT NULL)::text, '') AS complete`;

/** Bounds are enough: lists look into a day too many rather than into one too few. */
const WIDEN = `
UPDATE keeptrusts.days
SET first = CASE WHEN last = 0 THEN $2 ELSE first END, last = (SELECT last_value FROM keeptrusts.positions)
WHERE day = ANY($1) AND last IS NOT NULL`;

/** `check_violation`: the table has no other check. */
const NO_PARTITION = '23514';

/** The row of the stream, locked until the end of the transaction; it is made where there is none. */
async function lockStream(run: Run, { stream, namespace, gateway }: EventBatch): Promise<KnownStream> {
  const select = async (): Promise<Record<string, unknown> | undefined> => {
    const [row] = await run(
      'SELECT namespace, gateway, next_seq, head FROM keeptrusts.streams WHERE stream = $1 FOR UPDATE',
      [stream],
    );
    return row;
  };
  let row = await select();
  if (row === undefined) {
    await run(
      "INSERT INTO keeptrusts.streams (stream, namespace, gateway, next_seq, head) VALUES ($1, $2, $3, 0, '') ON CONFLICT DO NOTHING",
      [stream, namespace, gateway],
    );
    row = await select();
  }
  return {
    namespace: String(row?.['namespace']),
    gateway: String(row?.['gateway']),
    next: Number(row?.['next_seq']),
    head: String(row?.['head']),
  };
}

/** Seq of the first repeated record that is not the one that is stored, or null. */
async function differingRecord(run: Run, batch: EventBatch, repeated: number): Promise<number | null> {
  if (repeated === 0) return null;
  const end = batch.firstSeq + repeated;
  const lines = await streamLines(run, 'seq, record', batch.stream, batch.firstSeq, repeated);
  const stored = new Map(lines.map((row) => [Number(row['seq']), row['record'] as Buffer]));
  for (let seq = batch.firstSeq; seq < end; seq += 1) {
    if (stored.get(seq)?.equals(batch.records[seq - batch.firstSeq]!) !== true) return seq;
  }
  return null;
}

/** One statement. The bytes of all records are one value, cut by the server: an array of bytes would be sent as text. */
async function insert(
  run: Run,
  { stream, namespace, gateway, receivedAt }: EventBatch,
  records: readonly NewRecord[],
  days: readonly Day[],
  head: string,
): Promise<void> {
  const column = <T>(read: (record: NewRecord) => T): T[] => records.map(read);
  await run(INSERT, [
    stream,
    namespace,
    gateway,
    receivedAt,
    Buffer.concat(column(({ record }) => record)),
    days.map(dateOf),
    column(({ seq }) => seq),
    column(({ record }) => record.byteLength),
    column(({ columns }) => columns.id),
    column(({ columns }) => columns.kind),
    column(({ columns }) => columns.ts),
    column(({ columns }) => columns.verdict),
    column(({ columns }) => columns.policy),
    column(({ columns }) => columns.provider),
    column(({ columns }) => columns.model),
    column(({ columns }) => columns.team),
    column(({ columns }) => columns.request_id),
    column(({ columns }) => columns.status),
    column(({ columns }) => columns.cost_nanos),
    records.at(-1)!.seq + 1,
    head,
  ]);
}

const INSERT = `
WITH moved AS (
  UPDATE keeptrusts.streams SET next_seq = $20, head = $21,
    first_day = least(first_day, (SELECT min(day) FROM unnest($6::date[]) AS day)),
    last_day = greatest(last_day, (SELECT max(day) FROM unnest($6::date[]) AS day))
  WHERE stream = $1
)
INSERT INTO keeptrusts.events (position, stream, namespace, gateway, received_at, record, day, seq, id, kind, ts,
  verdict, policy, provider, model, team, request_id, status, cost_nanos)
SELECT nextval('keeptrusts.positions'), $1, $2, $3, $4,
  substring($5::bytea FROM (sum(bytes) OVER (ORDER BY seq))::integer - bytes + 1 FOR bytes),
  day, seq, id, kind, ts, verdict, policy, provider, model, team, request_id, status, cost_nanos
FROM unnest($6::date[], $7::bigint[], $8::integer[], $9::text[], $10::text[], $11::bigint[], $12::text[], $13::text[],
  $14::text[], $15::text[], $16::text[], $17::text[], $18::integer[], $19::bigint[])
  AS new (day, seq, bytes, id, kind, ts, verdict, policy, provider, model, team, request_id, status, cost_nanos)
ORDER BY seq`;

/**
 * `node launcher.js hack/bench/store.ts [--rows 200000] [--days 5] [--streams 4]`: what the two stores take for events of
 * 1.35 KB. PostgreSQL is that of DATABASE_URL, an empty database, or else the one of the tests with its usual settings of
 * durability. Each figure is the median of ten calls after one that is not counted.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashText, leafHash } from '../../gateway/contract/evidence.ts';
import { openStore } from '../../operator/store/open.ts';
import type { EventBatch, Store } from '../../operator/store/store.ts';
import { startPostgres } from '../../test/fakes/postgres.ts';
import { readArguments } from '../arguments.ts';

const { values } = readArguments({
  options: {
    rows: { type: 'string', default: '200000' },
    days: { type: 'string', default: '5' },
    streams: { type: 'string', default: '4' },
  },
});
const [rows, days, streams] = [Number(values.rows), Number(values.days), Number(values.streams)];
const BATCH = 500;
const DAY_MS = 86_400_000;
const filling = 'x'.repeat(900);

/** One stream of events, spread evenly over the days. */
class Writer {
  readonly #stream: string;
  #seq = 0;
  #head = '';

  constructor(stream: string) {
    this.#stream = stream;
  }

  batch(ts: number): EventBatch {
    const [stream, gateway, firstSeq] = [this.#stream, `gateway-${this.#stream}`, this.#seq];
    const records = Array.from({ length: BATCH }, () => {
      const seq = this.#seq;
      const record = Buffer.from(
        JSON.stringify({
          ...{ id: `evt_${stream}_${seq}`, kind: 'decision', namespace: 'default', gateway, stream, seq },
          ...{ prev_hash: this.#head, ts: new Date(ts).toISOString(), request_id: `req_${stream}_${seq}` },
          ...{
            verdict: seq % 20 === 0 ? 'block' : 'allow',
            policy: seq % 20 === 0 ? 'dlp' : null,
            status: 200,
          },
          ...{
            team: `team-${seq % 7}`,
            model: `model-${seq % 5}`,
            provider: 'mock',
            cost_nanos: 1234,
            filling,
          },
        }),
      );
      this.#head = hashText(leafHash(record));
      this.#seq += 1;
      return record;
    });
    return { stream, namespace: 'default', gateway, firstSeq, records, receivedAt: Date.now() };
  }
}

async function median(call: () => Promise<unknown>): Promise<string> {
  await call();
  const times: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    const began = performance.now();
    await call();
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[5]!.toFixed(1);
}

async function append(store: Store, now: number): Promise<string> {
  let making = 0;
  const began = performance.now();
  const batches = rows / streams / BATCH;
  await Promise.all(
    Array.from({ length: streams }, async (_, index) => {
      const writer = new Writer(`s${index}`);
      for (let done = 0; done < batches; done += 1) {
        const started = performance.now();
        const batch = writer.batch(now - (1 - done / batches) * days * DAY_MS - 1);
        making += performance.now() - started;
        await store.appendEvents(batch);
      }
    }),
  );
  return Math.round(rows / ((performance.now() - began - making) / 1000)).toString();
}

async function measure(
  open: () => Promise<Store>,
  settle: () => Promise<unknown>,
): Promise<Map<string, string>> {
  const now = Date.now();
  let store = await open();
  const figures = new Map([
    [`append, batches of ${BATCH}, ${streams} streams: rows/s`, await append(store, now)],
  ]);
  await store.close();
  await settle();
  store = await open();
  const page = { filter: {}, limit: 50, position: null, order: 'newest' as const };
  const { next } = await store.listEvents(page);
  const calls: [string, () => Promise<unknown>][] = [
    ['newest 50: ms', () => store.listEvents(page)],
    ['50 from the middle: ms', () => store.listEvents({ ...page, position: Math.floor((next ?? 0) / 2) })],
    ['newest 50 of the last day: ms', () => store.listEvents({ ...page, filter: { since: now - DAY_MS } })],
    ['newest 50 blocked: ms', () => store.listEvents({ ...page, filter: { decision: ['block'] } })],
    ['newest 50 of a team: ms', () => store.listEvents({ ...page, filter: { team: 'team-3' } })],
    ['of one request: ms', () => store.listEvents({ ...page, filter: { request_id: 'req_s0_777' } })],
    ['one by id: ms', () => store.getEvent('evt_s0_777')],
    ['follow, 500: ms', () => store.listEvents({ ...page, limit: 500, position: 1000, order: 'oldest' })],
    ['follow, nothing new: ms', () => store.listEvents({ ...page, position: rows * 2, order: 'oldest' })],
    ['500 lines of a stream: ms', () => store.readStream('s0', rows / streams / 2, 500)],
    ['count all: ms', () => store.countEvents({})],
    ['count the last day: ms', () => store.countEvents({ since: now - DAY_MS })],
    ['count blocked: ms', () => store.countEvents({ decision: ['block'] })],
  ];
  for (const [name, call] of calls) figures.set(name, await median(call));
  await store.close();
  return figures;
}

const folder = mkdtempSync(join(tmpdir(), 'keeptrusts-bench-'));
const given = process.env['DATABASE_URL'];
const server = given === undefined ? await startPostgres({ fsync: 'on', shared_buffers: '128MB' }) : null;
try {
  const databaseUrl = given ?? (await server?.createDatabase());
  const file = join(folder, 'events.db');
  const sqlite = await measure(
    () => openStore({ file }),
    async () => undefined,
  );
  // Where autovacuum has been by itself, a minute later.
  const analyze = async (): Promise<unknown> =>
    server?.admin('ANALYZE', new URL(databaseUrl!).pathname.slice(1));
  const postgres = await measure(() => openStore({ file, databaseUrl }), analyze);
  console.log(`${rows} events over ${days} days\n\n| | SQLite | PostgreSQL |\n| --- | --- | --- |`);
  for (const [name, figure] of sqlite) console.log(`| ${name} | ${figure} | ${postgres.get(name)} |`);
} finally {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
}

import { expect } from 'chai';
import { openPostgresStore } from '../../../operator/store/postgres/store.ts';
import type { Store } from '../../../operator/store/store.ts';
import { type PostgresServer, startPostgres } from '../../fakes/postgres.ts';
import { Writer } from '../../operator/store/contract.ts';

const DAY_MS = 86_400_000;

describe('partitions of the PostgreSQL store', () => {
  let server: PostgresServer;
  let url: string;
  let store: Store;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());
  beforeEach(async () => {
    url = await server.createDatabase();
    store = await openPostgresStore(url);
  });
  afterEach(() => store.close());

  const sql = (text: string) => server.admin(text, new URL(url).pathname.slice(1));
  const partitions = async (): Promise<string[]> =>
    (
      await sql(
        "SELECT relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'keeptrusts.events'::regclass ORDER BY 1",
      )
    ).map((row) => String(row['relname']));
  /** Puts the server's clock to a time; days go on in UTC whatever the time zone. */
  const setClock = (now: string) =>
    sql(
      `CREATE OR REPLACE FUNCTION keeptrusts.clock() RETURNS timestamptz STABLE LANGUAGE sql RETURN timestamptz '${now}'`,
    );
  const reopen = async (): Promise<void> => {
    await store.close();
    store = await openPostgresStore(url);
  };
  const seen = async (order: 'newest' | 'oldest', limit = 100, position: number | null = null) => {
    const page = await store.listEvents({ filter: {}, limit, position, order });
    return { lines: page.events.map(({ stream, seq }) => `${stream} ${seq}`), next: page.next };
  };

  it('are made from the day before to three days ahead, and none is a default one', async () => {
    await setClock('2028-02-27T12:00:00Z');
    const before = await partitions();
    await reopen();
    const made = (await partitions()).filter((name) => !before.includes(name));
    expect(made[0]).to.equal('events_20280226');
    expect(made).to.include('events_20280229');
    expect(made.at(-1)).to.equal('events_20280301');
    expect(made).to.have.length(5);
  });

  it('are made where an older stream comes, and none by a wrong clock', async () => {
    await setClock('2028-02-29T12:00:00Z');
    await reopen();
    const before = await partitions();
    const writer = new Writer('s1');
    await store.appendEvents(
      writer.batch(
        { ts: '2027-06-01T08:00:00Z' },
        { ts: '2038-02-28T00:00:00Z' },
        { ts: '2018-02-28T00:00:00Z' },
        { ts: 'yesterday' },
      ),
    );
    expect((await partitions()).filter((name) => !before.includes(name))).to.deep.equal(['events_20270601']);
    const days = await sql('SELECT day::text, seq FROM keeptrusts.events ORDER BY seq');
    expect(days.map(({ day }) => day)).to.deep.equal([
      '2027-06-01',
      '2028-02-29',
      '2028-02-29',
      '2028-02-29',
    ]);
    // What a record says of its time is kept, and found by it.
    expect(await store.countEvents({ since: Date.parse('2038-01-01T00:00:00Z') })).to.equal(1);
    expect(await store.countEvents({ until: Date.parse('2018-03-01T00:00:00Z') })).to.equal(2);
  });

  it('exist for every day, over the end of a year, leap day and changes of the clock, while nobody looks after them', async () => {
    await sql(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET timezone = 'America/New_York'`);
    await setClock('2027-10-20T00:00:00Z');
    await reopen();
    const writer = new Writer('s1');
    const ranges = [
      ['2027-11-05', '2027-11-09'],
      ['2027-12-28', '2028-01-03'],
      ['2028-02-26', '2028-03-28'],
    ].map((range) => range.map((date) => Date.parse(`${date}T04:30:00Z`)));
    for (const [from, to] of ranges) {
      for (let now = from!; now <= to!; now += DAY_MS) {
        const ts = new Date(now).toISOString();
        await setClock(ts);
        expect(await store.appendEvents(writer.batch({ ts }))).to.include({ added: 1 });
      }
    }
    const [row] = await sql(
      "SELECT count(*) AS wrong FROM keeptrusts.events WHERE day <> (to_timestamp(ts / 1000) AT TIME ZONE 'UTC')::date",
    );
    expect(row).to.deep.equal({ wrong: '0' });
    expect(await partitions()).to.include.members(['events_20271107', 'events_20280229', 'events_20280326']);
    await reopen();
    expect((await seen('newest', 500)).lines).to.have.length(writer.seq);
  });

  it('are found by the id of an event, also where its clock was wrong', async () => {
    const writer = new Writer('s1');
    const now = Date.now();
    const ids = ['evt_01ARZ3NDEKTSV4RRFFQ69G5FAV', 'evt_01KARZ3NDEKTSV4RRFFQ69G5FA', 'evt_plain'];
    for (const [index, id] of ids.entries()) {
      const ts = new Date(now - index * 20 * DAY_MS).toISOString();
      await store.appendEvents(writer.batch({ ts, id }));
    }
    for (const [seq, id] of ids.entries()) expect(await store.getEvent(id)).to.deep.include({ seq });
    expect(await store.getEvent('evt_01ARZ3NDEKTSV4RRFFQ69G5FAW')).to.equal(null);
  });

  it('may be dropped: what is left is listed, and a line of that day makes it anew', async () => {
    const writer = new Writer('s1');
    const now = Date.now();
    await store.appendEvents(
      writer.batch({ ts: new Date(now - 3 * DAY_MS).toISOString() }, { ts: new Date(now).toISOString() }),
    );
    const [row] = await sql(
      'SELECT tableoid::regclass::text AS name FROM keeptrusts.events ORDER BY seq LIMIT 1',
    );
    await sql(`ALTER TABLE keeptrusts.events DETACH PARTITION ${row?.['name']} CONCURRENTLY`);
    await sql(`DROP TABLE ${row?.['name']}`);
    expect((await seen('newest')).lines).to.deep.equal(['s1 1']);
    expect((await store.readStream('s1', 0, 10)).map(({ seq }) => seq)).to.deep.equal([1]);
    const late = writer.batch({ ts: new Date(now - 3 * DAY_MS).toISOString() });
    expect(await store.appendEvents(late)).to.include({ added: 1 });
    expect((await seen('newest')).lines).to.deep.equal(['s1 2', 's1 1']);
  });

  it('may be detached and kept: a line of that day goes into a new one, since it is not lost for that', async () => {
    const writer = new Writer('s1');
    const ts = new Date(Date.now() - 3 * DAY_MS).toISOString();
    for (const round of [1, 2, 3]) {
      await store.appendEvents(writer.batch({ ts }));
      expect((await seen('newest')).lines).to.deep.equal([`s1 ${round - 1}`]);
      const [row] = await sql('SELECT tableoid::regclass::text AS name FROM keeptrusts.events');
      await sql(`ALTER TABLE keeptrusts.events DETACH PARTITION ${row?.['name']}`);
    }
    const kept = await sql(
      "SELECT relname FROM pg_class WHERE relname LIKE 'events_%' AND relkind = 'r' AND NOT relispartition",
    );
    expect(kept).to.have.length(3);
  });

  it('are looked into again when a line comes for a day that was over, also for an empty one', async () => {
    await setClock('2028-03-01T12:00:00Z');
    await reopen();
    const [day, late] = [new Writer('day'), new Writer('late')];
    for (let date = 1; date <= 28; date += 1) {
      const now = `2028-03-${String(date).padStart(2, '0')}T12:00:00Z`;
      await setClock(now);
      if (date !== 4) await store.appendEvents(day.batch({ ts: now }, { ts: now }));
    }
    await reopen();
    const over = await sql(
      "SELECT count(*) AS n FROM keeptrusts.days WHERE last IS NOT NULL AND day >= '2028-03-01'",
    );
    expect(over).to.deep.equal([{ n: '25' }]);
    const before = await seen('oldest');
    expect(before.lines).to.have.length(54);
    await store.appendEvents(late.batch({ ts: '2028-03-02T01:00:00Z' }));
    await store.appendEvents(late.batch({ ts: '2028-03-04T01:00:00Z' }));
    expect((await seen('oldest', 100, before.next)).lines).to.deep.equal(['late 0', 'late 1']);
    expect((await seen('newest', 3)).lines).to.deep.equal(['late 1', 'late 0', 'day 53']);

    const walked: string[] = [];
    for (let position: number | null = null, more = true; more; ) {
      const page = await seen('newest', 5, position);
      walked.push(...page.lines);
      position = page.next;
      more = position !== null;
    }
    expect(walked).to.deep.equal(['late 1', 'late 0', ...before.lines.toReversed()]);
    const followed: string[] = [];
    for (let position = 0; ; ) {
      const page = await seen('oldest', 5, position);
      if (page.lines.length === 0) break;
      followed.push(...page.lines);
      position = page.next ?? 0;
    }
    expect(followed).to.deep.equal([...before.lines, 'late 0', 'late 1']);
  });

  it('are listed as they were when the clock of the server was days ahead for a while, or behind', async () => {
    const writer = new Writer('s1');
    await setClock('2028-03-01T12:00:00Z');
    await store.appendEvents(writer.batch({ ts: '2028-03-01T11:59:00Z' }));
    await setClock('2028-03-20T12:00:00Z');
    await reopen();
    await setClock('2028-03-01T12:05:00Z');
    const { next } = await seen('oldest');
    await store.appendEvents(writer.batch({ ts: '2028-03-01T12:04:00Z' }));
    expect((await seen('oldest', 100, next)).lines).to.deep.equal(['s1 1']);
    await setClock('2028-02-20T12:05:00Z');
    expect((await seen('newest')).lines).to.deep.equal(['s1 1', 's1 0']);
    expect(await store.countEvents({})).to.equal(2);
  });
});

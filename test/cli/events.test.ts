import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { openSqliteStore } from '../../operator/store/sqlite/store.ts';
import { startTestApi, type TestApi } from '../fakes/control-plane-api.ts';
import { exampleEvents } from '../fakes/events.ts';
import { type Ran, type RunOptions, runKt } from '../fakes/io.ts';
import { eventsOf, spoolAt } from '../gateway/events/fixtures.ts';

const STREAM = '01JD0000000000000000000000';

describe('kt events', () => {
  let running: TestApi;
  let kt: (args: string, options?: RunOptions) => Promise<Ran>;
  let records: string[];

  beforeEach(async () => {
    running = await startTestApi();
    const env = { KEEPTRUSTS_API_URL: running.api.url, KEEPTRUSTS_API_TOKEN: running.tokens.personToken };
    kt = (args, options) => runKt(args.split(' '), { env, ...options });
    records = exampleEvents({ stream: STREAM, count: 9, ts: Date.now() - 60_000 });
    await append(records, 0);
  });
  afterEach(() => running.close());

  const append = (lines: readonly string[], firstSeq: number) =>
    running.store.appendEvents({
      stream: STREAM,
      namespace: 'default',
      gateway: 'default',
      firstSeq,
      records: lines.map((line) => Buffer.from(line)),
      receivedAt: Date.now(),
    });

  it('check 61: list --since 24h --format table prints rows', async () => {
    const { out, exitCode } = await kt('events list --since 24h --format table');
    const lines = out.trimEnd().split('\n');
    expect(exitCode).to.equal(0);
    expect(lines[0]).to.match(/^TIME +ID +VERDICT +REASON/);
    expect(lines).to.have.length(10);
    expect(out).to.match(/block +dlp\.term +dlp-filter +gpt-4o-mini +403/);
    expect(out).to.contain('$0.000036');
  });

  it('check 62: json output has what the brief’s jq reads, and filters hold', async () => {
    const { out } = await kt('events list --since 7d --provider mock --format json');
    const events = JSON.parse(out);
    expect(events).to.have.length(6);
    for (const { model, latency_ms, cost, status } of events) {
      expect({ model, latency_ms, cost, status }).to.deep.equal({
        model: 'gpt-4o-mini',
        latency_ms: 12.5,
        cost: 0.000036,
        status: 200,
      });
    }
    expect(JSON.parse((await kt('events list --decision block --format json')).out)).to.have.length(3);
    expect((await kt('events list --provider nobody')).err).to.equal('No events match.\n');
  });

  it('counts, and pages behind --limit', async () => {
    expect((await kt('events list --count')).out).to.equal('9\n');
    const seqs = JSON.parse((await kt('events list --limit 4 --format json')).out).map(
      (event: { seq: number }) => event.seq,
    );
    expect(seqs).to.deep.equal([8, 7, 6, 5]);
  });

  it('check 63: tail prints a new event within 2 s, and ends when stopped', async () => {
    const stop = new AbortController();
    let seen = () => {};
    const first = new Promise<void>((resolve) => {
      seen = resolve;
    });
    const tail = kt('events tail --since 1h --json', {
      stop: stop.signal,
      onOut: (text) => text.includes('"seq":9') && seen(),
    });
    await new Promise((resolve) => setTimeout(resolve, 700));
    const began = Date.now();
    await append(
      exampleEvents({ stream: STREAM, count: 10, ts: Date.parse(JSON.parse(records[0]!).ts) }).slice(9),
      9,
    );
    await first;
    expect(Date.now() - began).to.be.lessThan(2_000);
    stop.abort();
    const { out, exitCode } = await tail;
    expect(exitCode).to.equal(0);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).seq),
    ).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('tail ends when --until has passed, and refuses times between which nothing can lie', async () => {
    const past = await kt('events tail --since 1h --until 10s --json');
    expect([past.exitCode, past.out.trimEnd().split('\n').length]).to.deep.equal([0, 9]);
    const until = new Date(Date.now() + 500).toISOString();
    const began = Date.now();
    expect(await kt(`events tail --until ${until}`)).to.deep.equal({ out: '', err: '', exitCode: 0 });
    expect(Date.now() - began).to.be.within(2_400, 6_000);
    for (const [times, than] of [
      ['--since 1h --until 2h', '--since'],
      ['--since 1h --until 1h', '--since'],
      ['--until 5m', 'the start of this command'],
    ] as const) {
      const { err, exitCode } = await kt(`events tail ${times}`);
      expect([exitCode, err.includes(`is not after ${than}: no event can lie between.`)]).to.deep.equal([
        2,
        true,
      ]);
    }
  });

  it('says what is wrong with a flag, a token or an address', async () => {
    // Before anything is asked: the API is away.
    const bad = (args: string) => kt(`events ${args} --api-url http://127.0.0.1:49151 --api-token x`);
    for (const command of ['list', 'tail']) {
      for (const [flag, value] of [
        ['--since', 'yesterday'],
        ['--until', '5'],
        ['--decision', 'blok'],
        ['--verdict', 'blok'],
        ['--limit', '1e3'],
      ] as const) {
        const { err, exitCode } = await bad(`${command} ${flag} ${value}`);
        expect(exitCode, err).to.equal(2);
        expect(err).to.match(new RegExp(`^kt: ${flag}: '${value}' is `));
      }
    }
    expect((await kt('events list --limit none')).exitCode).to.equal(2);
    for (const limit of ['none', '1.5', '0'])
      expect((await kt(`events tail --limit ${limit}`)).exitCode, limit).to.equal(2);
    expect((await kt('events list --api-token wrong')).err).to.contain('refused the token');
    const away = await kt('events list --api-url http://127.0.0.1:49151 --api-token x');
    expect(away.err).to.match(
      /cannot be reached: \S+\. Start 'kt up' or 'kt gateway run', or name another with --api-url\.\n/,
    );
    const refused = await kt('events list --api-url http://127.0.0.1:6000 --api-token x');
    expect(refused.err).to.contain('its port is one that HTTP clients refuse');
    expect((await kt('events list --api-url nonsense')).exitCode).to.equal(2);
    const nothing = await runKt(['events', 'list', '--state-dir', '/nowhere']);
    expect(nothing.err).to.contain("Start one with 'kt up' or 'kt gateway run'");
  });

  describe('check 66: verify', () => {
    /** Changes the stored database behind the store's back. */
    async function tamper(sql: string): Promise<void> {
      await running.store.close();
      const database = new DatabaseSync(join(running.folder, 'events.db'));
      database.exec(sql);
      database.close();
      const store = await openSqliteStore(join(running.folder, 'events.db'));
      Object.assign(running.store, store);
    }

    it('passes over what was stored, and says what it does not prove', async () => {
      const { out, exitCode } = await kt('events verify --allow-unanchored');
      expect(exitCode).to.equal(0);
      expect(out).to.contain('9 records: the chain verifies; not anchored');
      expect((await kt('events verify')).exitCode).to.equal(3);
    });

    it('names the record that was changed', async () => {
      await tamper(
        'UPDATE events SET record = CAST(replace(CAST(record AS TEXT), \'"status":403\', \'"status":200\') AS BLOB), status = 200 WHERE seq = 5',
      );
      const { out, exitCode } = await kt('events verify');
      expect(exitCode).to.equal(1);
      expect(out).to.contain(`tampered: ${STREAM} seq 5`);
    });

    it('names the column that was changed', async () => {
      await tamper("UPDATE events SET verdict = 'allow' WHERE seq = 2");
      const { out, exitCode } = await kt('events verify');
      expect(exitCode).to.equal(1);
      expect(out).to.contain('seq 2').and.to.contain('the column verdict');
    });

    it('finds a removed record, and with an outside head a removed tail', async () => {
      const head = join(running.folder, 'heads.json');
      writeFileSync(head, (await kt('events verify --format json')).out);
      expect((await kt(`events verify --head ${head}`)).exitCode).to.equal(0);
      await tamper("DELETE FROM events WHERE seq = 8; UPDATE streams SET next_seq = 8, head = ''");
      expect((await kt(`events verify --head ${head}`)).exitCode).to.equal(2);
      await tamper('DELETE FROM events WHERE seq = 4');
      expect((await kt('events verify')).exitCode).to.equal(1);
    });

    it('verifies a file of records', async () => {
      const file = join(running.folder, 'events.jsonl');
      writeFileSync(file, `${records.join('\n')}\n`);
      expect((await kt(`events verify ${file} --allow-unanchored`)).exitCode).to.equal(0);
      writeFileSync(file, `${records.toReversed().join('\n')}\n`);
      expect((await kt(`events verify ${file}`)).exitCode).to.equal(1);
      const away = await kt('events verify /nowhere/at/all');
      expect(away.exitCode).to.equal(4);
      expect(away.out).to.equal(
        'unreadable: /nowhere/at/all cannot be read (ENOENT)\n0 records: unreadable\n',
      );
    });

    it('finds the spool in a state folder, or says which folder it wants', async () => {
      const state = join(running.folder, 'state');
      const spool = join(state, 'gateway', 'spool');
      mkdirSync(spool, { recursive: true });
      const heads = join(running.folder, 'heads.json');
      writeFileSync(heads, (await kt('events verify --format json')).out);
      const none = await kt(`events verify ${state}`);
      expect(none.exitCode).to.equal(4);
      expect(none.err).to.match(/^kt: .*state holds no events: give a spool folder/);
      expect((await kt(`events verify ${state} --head ${heads}`)).exitCode).to.equal(2);
      const writer = spoolAt(spool);
      await eventsOf(writer);
      await writer.close();
      for (const folder of [state, join(state, 'gateway')]) {
        const { out, exitCode } = await kt(`events verify ${folder} --allow-unanchored`);
        expect(exitCode, out).to.equal(0);
      }
    });
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { type EventFilter, matchesFilter } from '../../../gateway/contract/event-query.ts';
import { hashText, leafHash } from '../../../gateway/contract/evidence.ts';
import type { InstanceReport } from '../../../operator/domain/instance-reports.ts';
import type { AcceptedSpec } from '../../../operator/domain/snapshot.ts';
import { differingColumn, readColumns } from '../../../operator/store/columns.ts';
import {
  type EventBatch,
  type EventPage,
  REPORT_KEPT_MS,
  type Store,
} from '../../../operator/store/store.ts';
import { keyContract } from './key-contract.ts';

/** A record as a gateway writes it, with only what the store reads. */
export interface RecordFields {
  instance?: string;
  id?: string;
  verdict?: string | null;
  request_id?: string | null;
  model?: string;
  team?: string;
  policy?: string;
  provider?: string;
  ts?: string;
  status?: number;
  cost_nanos?: number;
  note?: string;
  kind?: string;
}

/** A gateway's stream, chained as the spool chains it. */
export class Writer {
  readonly stream: string;
  readonly gateway: string;
  seq = 0;
  #head = '';

  constructor(stream: string, gateway = 'default') {
    this.stream = stream;
    this.gateway = gateway;
  }

  batch(...fields: RecordFields[]): EventBatch {
    const firstSeq = this.seq;
    const records = fields.map((own) => {
      const record = Buffer.from(
        JSON.stringify({
          schema: 1,
          id: `evt_${this.stream}_${this.seq}`,
          namespace: 'default',
          gateway: this.gateway,
          stream: this.stream,
          instance: 'i',
          seq: this.seq,
          prev_hash: this.#head,
          ts: '2026-11-24T12:00:00.000Z',
          verdict: 'allow',
          request_id: `r${this.seq}`,
          status: 200,
          ...own,
        }),
      );
      this.#head = hashText(leafHash(record));
      this.seq += 1;
      return record;
    });
    return {
      stream: this.stream,
      namespace: 'default',
      gateway: this.gateway,
      firstSeq,
      records,
      receivedAt: 1,
    };
  }
}

const at = (ms: number): string => new Date(Date.parse('2026-11-20T00:00:00Z') + ms).toISOString();
/** Some days around each other, and times that no honest clock says. */
const anyTime = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 4 * 86_400_000 }).map(at) },
  fc.constantFrom('1970-01-01T00:00:00.000Z', '1999-12-31T23:59:59.999Z', '2999-01-01T00:00:00.000Z', 'soon'),
);
const name = fc.constantFrom('a', 'b', 'a\0', '\ud800', 'a\ufffd', "'; --", 'é');
const anyFields: fc.Arbitrary<RecordFields> = fc.record(
  {
    ts: anyTime,
    kind: fc.constantFrom('decision', 'refused', 'stream.gap'),
    verdict: fc.constantFrom('allow', 'block', 'redact', null),
    model: name,
    team: name,
    policy: name,
    provider: name,
    request_id: fc.option(name),
    status: fc.constantFrom(200, 403, 1.5, 2 ** 40),
    cost_nanos: fc.constantFrom(0, 2 ** 52, 0.5, 1e300),
  },
  { requiredKeys: [] },
);
const anyFilter: fc.Arbitrary<EventFilter> = fc.record(
  {
    since: anyTime.map(Date.parse).filter((ms) => !Number.isNaN(ms)),
    until: anyTime.map(Date.parse).filter((ms) => !Number.isNaN(ms)),
    decision: fc.subarray(['allow', 'block', 'redact', 'escalate'], { minLength: 1 }),
    model: name,
    team: name,
    policy: name,
    provider: name,
    request_id: name,
    gateway: fc.constantFrom('one', 'two'),
  },
  { requiredKeys: [] },
);

export const instanceReport = (
  gateway: string,
  instance: string,
  reportedAt: number,
  backlog = 0,
): InstanceReport => ({
  namespace: 'default',
  gateway,
  instance,
  contract: 1,
  version: '0.1.0',
  ready: true,
  revision: { number: 3, hash: 'sha256:3' },
  rejected: null,
  targets: [{ id: 'openai', unavailable: 'it has no credential (é)', code: 'credential' }],
  backlog,
  stream: null,
  reportedAt,
});

/** What every store must do. `open` gives the same database again when it is called again. */
export function storeContract(name: string, surroundings: { fresh(): Promise<() => Promise<Store>> }): void {
  keyContract(name, surroundings);
  describe(`store contract: ${name}`, () => {
    let open: () => Promise<Store>;
    let store: Store;
    beforeEach(async () => {
      open = await surroundings.fresh();
      store = await open();
    });
    afterEach(() => store.close());

    const all = { filter: {}, limit: 100, position: null, order: 'newest' as const };

    it('keeps the very bytes, through a restart', async () => {
      const batch = new Writer('s1').batch({ note: 'é 😀 \u2028 "\\' }, { note: ' '.repeat(60_000) });
      expect(await store.appendEvents(batch)).to.deep.equal({ result: 'stored', acked: 1, added: 2 });
      await store.close();
      store = await open();
      const lines = await store.readStream('s1', 0, 10);
      expect(lines.map((line) => Buffer.from(line.record).toString())).to.deep.equal(
        batch.records.map(String),
      );
    });

    it('stores a batch that comes twice once, and says so the same', async () => {
      const batch = new Writer('s1').batch({}, {});
      await store.appendEvents(batch);
      expect(await store.appendEvents(batch)).to.deep.equal({ result: 'stored', acked: 1, added: 0 });
      expect(await store.countEvents({})).to.equal(2);
    });

    it('stores only the new suffix of an overlapping batch', async () => {
      const writer = new Writer('s1');
      const first = writer.batch({}, {});
      await store.appendEvents(first);
      const second = writer.batch({});
      const overlapping = { ...first, records: [...first.records, ...second.records] };
      expect(await store.appendEvents(overlapping)).to.deep.equal({ result: 'stored', acked: 2, added: 1 });
    });

    it('answers a gap with the expected seq and stores nothing', async () => {
      const writer = new Writer('s1');
      await store.appendEvents(writer.batch({}));
      writer.batch({});
      expect(await store.appendEvents(writer.batch({}))).to.deep.equal({ result: 'gap', expected: 1 });
      expect(await store.countEvents({})).to.equal(1);
    });

    it('goes on behind a hole that the gateway declares, and only where it begins at the next seq', async () => {
      const writer = new Writer('s1');
      await store.appendEvents(writer.batch({}));
      writer.batch({}, {});
      const after = writer.batch({}, {});
      expect(await store.appendEvents({ ...after, lostFrom: 2 })).to.deep.equal({
        result: 'gap',
        expected: 1,
      });
      const stored = { result: 'stored', acked: 4, added: 2 };
      expect(await store.appendEvents({ ...after, lostFrom: 1 })).to.deep.equal(stored);
      expect(await store.appendEvents({ ...after, lostFrom: 1 })).to.deep.equal({ ...stored, added: 0 });
      expect(await store.appendEvents(writer.batch({}))).to.deep.equal({
        result: 'stored',
        acked: 5,
        added: 1,
      });
      expect((await store.readStream('s1', 0, 10)).map((line) => line.seq)).to.deep.equal([0, 3, 4, 5]);
    });

    it('finds a fork and overwrites nothing', async () => {
      await store.appendEvents(new Writer('s1').batch({ note: 'one' }));
      expect(await store.appendEvents(new Writer('s1').batch({ note: 'two' }))).to.deep.equal({
        result: 'fork',
        seq: 0,
      });
      const [line] = await store.readStream('s1', 0, 1);
      expect(Buffer.from(line!.record).toString()).to.contain('"note":"one"');
    });

    it('refuses a record whose place is not its own, and the whole batch with it', async () => {
      const writer = new Writer('s1');
      const [first, second] = [writer.batch({}), writer.batch({})];
      const swapped = { ...first, records: [first.records[0]!, first.records[0]!] };
      expect(await store.appendEvents(swapped)).to.include({ result: 'refused', seq: 1 });
      const unchained = { ...second, firstSeq: 0 };
      expect(await store.appendEvents(unchained)).to.include({ result: 'refused', seq: 0 });
      expect(await store.countEvents({})).to.equal(0);
    });

    it('refuses what is no record, and does not quote it', async () => {
      const batch = new Writer('s1').batch({});
      for (const text of ['secret', '"secret"', '["secret"]', 'null']) {
        const result = await store.appendEvents({ ...batch, records: [Buffer.from(text)] });
        expect(result).to.deep.equal({ result: 'refused', seq: 0, message: 'it is no JSON object' });
      }
      expect(await store.listStreams()).to.deep.equal([]);
    });

    it('does not let a gateway write into the stream of another', async () => {
      await store.appendEvents(new Writer('s1', 'one').batch({}));
      const foreign = new Writer('s1', 'two');
      foreign.batch({});
      expect(await store.appendEvents(foreign.batch({}))).to.include({ result: 'foreign' });
      const named = { ...new Writer('s2', 'one').batch({}), gateway: 'two' };
      expect(await store.appendEvents(named)).to.include({ result: 'foreign', seq: 0 });
      expect(await store.countEvents({})).to.equal(1);
    });

    it('does not let an instance write for another, where it is told which one writes', async () => {
      const batch = new Writer('s1').batch({ instance: 'pod-a' }, { instance: 'pod-b' });
      const result = await store.appendEvents({ ...batch, instance: 'pod-a' });
      expect(result).to.include({ result: 'foreign', seq: 1 });
      expect(await store.listStreams()).to.deep.equal([]);
      const own = { ...batch, records: batch.records.slice(0, 1), instance: 'pod-a' };
      expect(await store.appendEvents(own)).to.include({ result: 'stored' });
    });

    it('filters, counts and pages without a duplicate or a hole', async () => {
      const writer = new Writer('s1');
      await store.appendEvents(
        writer.batch(
          ...Array.from({ length: 25 }, (_, i) => ({
            verdict: i % 5 === 0 ? 'block' : 'allow',
            model: i % 2 === 0 ? 'a' : 'b',
            team: 'red',
            provider: 'mock',
            policy: i % 5 === 0 ? 'dlp' : 'none',
            ts: `2026-11-24T12:00:${String(i).padStart(2, '0')}.000Z`,
          })),
        ),
      );
      expect(await store.countEvents({ decision: ['block'] })).to.equal(5);
      expect(await store.countEvents({ decision: ['block', 'allow'], model: 'a', team: 'red' })).to.equal(13);
      expect(await store.countEvents({ policy: 'dlp', provider: 'mock', request_id: 'r5' })).to.equal(1);
      expect(
        await store.countEvents({
          since: Date.parse('2026-11-24T12:00:10Z'),
          until: Date.parse('2026-11-24T12:00:20Z'),
        }),
      ).to.equal(10);

      const seen: number[] = [];
      let position: number | null = null;
      do {
        const page = await store.listEvents({ ...all, limit: 10, position });
        seen.push(...page.events.map((event) => event.seq));
        position = page.next;
        if (seen.length === 10) await store.appendEvents(writer.batch({ note: 'late' }));
      } while (position !== null);
      expect(seen).to.deep.equal(Array.from({ length: 25 }, (_, i) => 24 - i));
    });

    it('finds by any filter what the filter says, page by page in both directions, whatever the records hold', async () => {
      const written: { columns: ReturnType<typeof readColumns>; key: string }[] = [];
      const writers = [new Writer('s1', 'one'), new Writer('s2', 'two')];
      const cleaned = (filter: EventFilter): EventFilter => {
        const texts = Object.entries(filter).map(([key, value]) => [
          key,
          typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\ufffd') : value,
        ]);
        return Object.fromEntries(texts);
      };
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyFields, { maxLength: 8 }),
          fc.nat(1),
          anyFilter,
          fc.integer({ min: 1, max: 7 }),
          async (fields, which, filter, limit) => {
            const batch = writers[which]!.batch(...fields);
            expect((await store.appendEvents(batch)).result).to.equal('stored');
            for (const [index, record] of batch.records.entries()) {
              written.push({
                columns: readColumns(JSON.parse(String(record))),
                key: `${batch.stream} ${batch.firstSeq + index}`,
              });
            }
            const wanted = written
              .filter(({ columns }) => !columns.kind.startsWith('stream.'))
              .filter(({ columns }) => matchesFilter(columns, cleaned(filter)))
              .map(({ key }) => key);
            expect(await store.countEvents(filter)).to.equal(wanted.length);
            for (const order of ['newest', 'oldest'] as const) {
              const seen: string[] = [];
              for (let position: number | null = null, more = true; more; ) {
                const page: EventPage = await store.listEvents({ filter, limit, position, order });
                for (const { stream, seq, columns, record } of page.events) {
                  seen.push(`${stream} ${seq}`);
                  expect(differingColumn(columns, JSON.parse(String(Buffer.from(record))))).to.equal(null);
                }
                position = page.next;
                more = order === 'newest' ? position !== null : page.events.length > 0;
              }
              expect(seen).to.deep.equal(order === 'newest' ? wanted.toReversed() : wanted);
            }
          },
        ),
        { numRuns: 40 },
      );
    });

    it('lists requests without a verdict or an id of their own, and finds them by no decision', async () => {
      const writer = new Writer('s1');
      const refused = { kind: 'refused', verdict: null, request_id: null, status: 401 };
      await store.appendEvents(writer.batch({}, refused, { verdict: null, status: 400 }));
      expect(await store.countEvents({})).to.equal(3);
      expect(await store.countEvents({ decision: ['allow', 'block', 'redact', 'escalate'] })).to.equal(1);
      expect(await store.countEvents({ request_id: 'evt_s1_1' })).to.equal(0);
      const { events } = await store.listEvents({ ...all, limit: 10 });
      expect(events.map(({ columns }) => [columns.verdict, columns.request_id])).to.deep.equal([
        ['none', 'r2'],
        ['none', ''],
        ['allow', 'r0'],
      ]);
    });

    it('lets a follower go on from where it was, also while nothing comes', async () => {
      const writer = new Writer('s1');
      await store.appendEvents(writer.batch({}, {}));
      const follow = { ...all, order: 'oldest' as const };
      const first = await store.listEvents(follow);
      expect(first.events.map((event) => event.seq)).to.deep.equal([0, 1]);
      const idle = await store.listEvents({ ...follow, position: first.next });
      expect(idle).to.deep.equal({ events: [], next: first.next });
      await store.appendEvents(writer.batch({}));
      const next = await store.listEvents({ ...follow, position: idle.next });
      expect(next.events.map((event) => event.seq)).to.deep.equal([2]);
    });

    it('lets a follower pass what its filter does not ask for', async () => {
      await store.appendEvents(new Writer('s1').batch({}, { verdict: 'block' }, {}, {}));
      const blocked = { filter: { decision: ['block'] }, order: 'oldest' as const };
      const first = await store.listEvents({ ...all, ...blocked });
      expect(first.events.map((event) => event.seq)).to.deep.equal([1]);
      // From there on there is nothing to look through again.
      expect(await store.listEvents({ ...all, order: 'oldest', position: first.next })).to.deep.equal({
        events: [],
        next: first.next,
      });
      const full = await store.listEvents({ ...all, ...blocked, limit: 1 });
      expect(full).to.deep.equal(first);
    });

    it('finds one by id, with columns that agree with the record', async () => {
      await store.appendEvents(new Writer('s1').batch({ model: 'gpt-4o', cost_nanos: 2 ** 52, status: 403 }));
      const event = await store.getEvent('evt_s1_0');
      expect(event?.columns).to.include({ model: 'gpt-4o', cost_nanos: 2 ** 52, status: 403, team: null });
      expect(differingColumn(event!.columns, JSON.parse(Buffer.from(event!.record).toString()))).to.equal(
        null,
      );
      expect(
        differingColumn(
          { ...event!.columns, status: 200 },
          JSON.parse(Buffer.from(event!.record).toString()),
        ),
      ).to.equal('status');
      expect(await store.getEvent('evt_none')).to.equal(null);
    });

    it('lists no record that a spool writes for itself, but keeps it in the stream', async () => {
      await store.appendEvents(new Writer('s1').batch({ kind: 'stream.opened' }, {}));
      expect(await store.countEvents({})).to.equal(1);
      expect((await store.listEvents(all)).events.map((event) => event.seq)).to.deep.equal([1]);
      expect(await store.readStream('s1', 0, 10)).to.have.length(2);
    });

    it('knows size and head of every stream', async () => {
      const batch = new Writer('s1').batch({}, {});
      await store.appendEvents(batch);
      await store.appendEvents(new Writer('s2', 'other').batch({}));
      const streams = await store.listStreams();
      expect(streams.map(({ stream, gateway, size }) => ({ stream, gateway, size }))).to.deep.equal([
        { stream: 's1', gateway: 'default', size: 2 },
        { stream: 's2', gateway: 'other', size: 1 },
      ]);
      expect(streams[0]?.head).to.equal(hashText(leafHash(batch.records[1]!)));
    });

    it('keeps the streams of a namespace from readers of another', async () => {
      await store.appendEvents(new Writer('s1').batch({}, {}));
      expect(await store.listStreams('default')).to.deep.equal(await store.listStreams());
      expect(await store.readStream('s1', 1, 10, 'default')).to.deep.equal(
        await store.readStream('s1', 1, 10),
      );
      expect(await store.readStream('s1', 1, 10)).to.have.length(1);
      for (const other of ['other', 'def\0ault']) {
        expect(await store.listStreams(other)).to.deep.equal([]);
        expect(await store.readStream('s1', 0, 10, other)).to.deep.equal([]);
      }
      expect(await store.readStream('none', 0, 10, 'default')).to.deep.equal([]);
    });

    it('keeps concurrent batches of many streams apart', async () => {
      const writers = Array.from({ length: 8 }, (_, i) => new Writer(`s${i}`));
      const batches = Array.from({ length: 40 }, (_, i) => writers[i % 8]!.batch({}, {}, {}));
      const results = await Promise.all(batches.map((batch) => store.appendEvents(batch)));
      expect(results.every((result) => result.result === 'stored' && result.added === 3)).to.equal(true);
      expect((await store.listStreams()).map((head) => head.size)).to.deep.equal(Array(8).fill(15));
    });

    it('has an identity of its own, through a restart', async () => {
      const identity = await store.identity();
      expect(identity).to.match(/^[0-9a-f-]{36}$/);
      await store.close();
      store = await open();
      expect(await store.identity()).to.equal(identity);
      const other = await (await surroundings.fresh())();
      expect(await other.identity()).to.not.equal(identity);
      await other.close();
    });

    it('tells the namespaces that ran a revision, and gives it as one of them did', async () => {
      const here = {
        hash: 'sha256:same',
        number: 1,
        namespace: 'here',
        gateway: 'a',
        document: 'pack: {}',
        objects: [],
        compiledAt: 1,
      };
      const there = { ...here, namespace: 'there', number: 9 };
      for (const revision of [here, there, { ...here, gateway: 'b' }]) await store.archiveRevision(revision);
      expect(await store.namespacesOfRevision('sha256:same')).to.deep.equal(['here', 'there']);
      expect(await store.getRevision('sha256:same', 'there')).to.deep.equal(there);
      expect(await store.getRevision('sha256:same', 'here')).to.include({ namespace: 'here', number: 1 });
      expect(await store.getRevision('sha256:same', 'nowhere')).to.equal(null);
      expect(await store.namespacesOfRevision('sha256:none')).to.deep.equal([]);
    });

    it('archives revisions by hash and lists the newest of each gateway', async () => {
      const revision = (gateway: string, number: number, hash = `sha256:${gateway}${number}`) => ({
        hash,
        number,
        namespace: 'default',
        gateway,
        document: `pack: ${gateway} ${number}`,
        objects: [{ kind: 'GovernancePolicy', namespace: 'default', name: 'p', generation: number }],
        compiledAt: number,
      });
      for (const [gateway, number] of [
        ['a', 1],
        ['a', 2],
        ['b', 1],
        ['a', 2],
      ] as const) {
        await store.archiveRevision(revision(gateway, number));
      }
      const newest = [revision('a', 2), revision('b', 1)].map(({ document: _, ...summary }) => summary);
      expect(await store.listConfigurations()).to.deep.equal(newest);
      expect(await store.getRevision('sha256:a1')).to.deep.equal(revision('a', 1));
      await store.archiveRevision({ ...revision('a', 1), number: 3 });
      expect((await store.listConfigurations())[0]).to.include({ hash: 'sha256:a1', number: 3 });
      expect(await store.getRevision('sha256:none')).to.equal(null);
      // Two gateways with the same content; a gateway that was made anew and counts from 1 again.
      await store.archiveRevision(revision('c', 1, 'sha256:b1'));
      await store.archiveRevision(revision('a', 1, 'sha256:new'));
      expect(
        (await store.listConfigurations()).map(({ gateway, number, hash }) => [gateway, number, hash]),
      ).to.deep.equal([
        ['a', 1, 'sha256:new'],
        ['b', 1, 'sha256:b1'],
        ['c', 1, 'sha256:b1'],
      ]);
    });

    it('keeps the newest report of each instance, and tells those of the last moments', async () => {
      const report = instanceReport;
      await store.putInstanceReport(report('a', 'i1', 1_000));
      await store.putInstanceReport(report('a', 'i2', 2_000));
      await store.putInstanceReport(report('b', 'i1', 3_000));
      await store.putInstanceReport(report('a', 'i1', 4_000, 7));
      await store.putInstanceReport(report('a', 'i1', 3_500, 8));
      expect(await store.listInstanceReports(0)).to.deep.equal([
        report('a', 'i2', 2_000),
        report('b', 'i1', 3_000),
        report('a', 'i1', 4_000, 7),
      ]);
      expect(await store.listInstanceReports(3_000)).to.deep.equal([report('a', 'i1', 4_000, 7)]);
      await store.forgetInstances('default', 'a');
      expect(await store.listInstanceReports(0)).to.deep.equal([report('b', 'i1', 3_000)]);
      await store.forgetInstances('default', 'none');
    });

    it('does not keep the reports of instances that are long gone', async () => {
      await store.putInstanceReport(instanceReport('a', 'i1', 1_000));
      await store.putInstanceReport(instanceReport('a', 'i2', 1_000 + REPORT_KEPT_MS));
      expect((await store.listInstanceReports(0)).map(({ instance }) => instance)).to.deep.equal([
        'i1',
        'i2',
      ]);
      await store.putInstanceReport(instanceReport('a', 'i2', 1_001 + REPORT_KEPT_MS));
      expect((await store.listInstanceReports(0)).map(({ instance }) => instance)).to.deep.equal(['i2']);
    });

    it('keeps the last accepted specifications of each namespace, through a restart', async () => {
      const spec = (namespace: string, name: string, generation = 1): AcceptedSpec => ({
        kind: 'GovernancePolicy',
        namespace,
        name,
        uid: `uid-${name}`,
        generation,
        spec: { mode: 'Enforce', entries: [{ name: 'é' }] },
      });
      await store.keepAccepted('a', [spec('a', 'p'), spec('a', 'q')]);
      await store.keepAccepted('b', [spec('b', 'p')]);
      await store.keepAccepted('a', [spec('a', 'q', 2)]);
      const kept = [spec('a', 'q', 2), spec('b', 'p')];
      expect(await store.listAccepted()).to.deep.equal(kept);
      await store.close();
      store = await open();
      expect(await store.listAccepted()).to.deep.equal(kept);
      await store.keepAccepted('a', []);
      expect(await store.listAccepted()).to.deep.equal([spec('b', 'p')]);
    });
  });
}

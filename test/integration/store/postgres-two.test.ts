import { expect } from 'chai';
import fc from 'fast-check';
import { InOrder } from '../../../operator/store/postgres/in-order.ts';
import { openPostgresStore } from '../../../operator/store/postgres/store.ts';
import type { AppendResult, EventBatch, Store } from '../../../operator/store/store.ts';
import { type PostgresServer, startPostgres } from '../../fakes/postgres.ts';
import { storeContract, Writer } from '../../operator/store/contract.ts';

/** A part of a stream that is sent to one of two control planes. */
interface Delivery {
  stream: number;
  from: number;
  count: number;
  to: number;
}

const STREAMS = ['s0', 's1', 's2'];
const LINES = 20;
const delivery: fc.Arbitrary<Delivery> = fc.record({
  stream: fc.nat(STREAMS.length - 1),
  from: fc.nat(LINES - 1),
  count: fc.integer({ min: 1, max: 8 }),
  to: fc.nat(1),
});

describe('PostgreSQL store, two control planes', () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());

  storeContract('PostgreSQL, each call to the other of two', {
    async fresh() {
      const url = await server.createDatabase();
      return async () => inTurns(await Promise.all([openPostgresStore(url), openPostgresStore(url)]));
    },
  });

  describe('writing at once', () => {
    let stores: Store[];
    beforeEach(async () => {
      const url = await server.createDatabase();
      stores = await Promise.all([openPostgresStore(url), openPostgresStore(url)]);
    });
    afterEach(() => Promise.all(stores.map((store) => store.close())));

    it('store what one would, whoever sends what again to whom', async () => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(delivery, { minLength: 1, maxLength: 30 }), async (deliveries) => {
          run += 1;
          const whole = STREAMS.map((name) =>
            new Writer(`${name}_${run}`, `g${run}`).batch(
              ...Array.from({ length: LINES }, (_, index) => ({ note: `${name} ${index}` })),
            ),
          );
          const part = ({ stream, from, count }: Delivery): EventBatch => {
            const batch = whole[stream]!;
            return { ...batch, firstSeq: from, records: batch.records.slice(from, from + count) };
          };
          const early = await Promise.all(deliveries.map((one) => stores[one.to]!.appendEvents(part(one))));
          // Then the gateways go on from what they were told, each with both control planes at once.
          const late = await Promise.all(
            whole.flatMap((batch) => stores.map((store) => store.appendEvents(batch))),
          );
          const results: AppendResult[] = [...early, ...late];
          expect(results.filter(({ result }) => result !== 'stored' && result !== 'gap')).to.deep.equal([]);
          const added = results.reduce((sum, one) => sum + (one.result === 'stored' ? one.added : 0), 0);
          expect(added).to.equal(STREAMS.length * LINES);
          for (const [which, batch] of whole.entries()) {
            const lines = await stores[which % 2]!.readStream(batch.stream, 0, 100);
            expect(lines.map(({ record }) => String(record))).to.deep.equal(batch.records.map(String));
          }
          expect(await stores[0]!.countEvents({ gateway: `g${run}` })).to.equal(STREAMS.length * LINES);
        }),
        { numRuns: 25 },
      );
    });

    it('let one history of a stream win, whole', async () => {
      for (let round = 0; round < 10; round += 1) {
        const batches = ['one', 'two'].map((note) => new Writer(`s${round}`).batch({ note }, { note }));
        const results = await Promise.all(batches.map((batch, index) => stores[index]!.appendEvents(batch)));
        expect(results.map(({ result }) => result)).to.have.members(['stored', 'fork']);
        const won = batches[results.findIndex(({ result }) => result === 'stored')]!;
        const lines = await stores[0]!.readStream(`s${round}`, 0, 10);
        expect(lines.map(({ record }) => String(record))).to.deep.equal(won.records.map(String));
      }
    });

    it('keep one state of a namespace, never a mixture', async () => {
      const specs = (generation: number) =>
        ['p', 'q'].map((name) => ({
          kind: 'GovernancePolicy' as const,
          namespace: 'a',
          name,
          uid: name,
          generation,
          spec: {},
        }));
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => stores[index % 2]!.keepAccepted('a', specs(index))),
      );
      const kept = await stores[0]!.listAccepted();
      expect(kept).to.deep.equal(specs(kept[0]!.generation));
    });
  });
});

/** Calls go to each store in turn; a gateway has one batch on its way, whoever takes it. */
function inTurns(stores: readonly Store[]): Store {
  let calls = 0;
  const gateways = new InOrder();
  const next = (): Store => {
    calls += 1;
    return stores[calls % stores.length]!;
  };
  return {
    appendEvents: (batch) => gateways.run(batch.stream, () => next().appendEvents(batch)),
    listEvents: (query) => next().listEvents(query),
    countEvents: (filter) => next().countEvents(filter),
    getEvent: (id) => next().getEvent(id),
    listStreams: (namespace) => next().listStreams(namespace),
    readStream: (stream, fromSeq, limit, namespace) => next().readStream(stream, fromSeq, limit, namespace),
    archiveRevision: (revision) => next().archiveRevision(revision),
    getRevision: (hash, namespace) => next().getRevision(hash, namespace),
    namespacesOfRevision: (hash) => next().namespacesOfRevision(hash),
    listConfigurations: () => next().listConfigurations(),
    keepAccepted: (namespace, specs) => next().keepAccepted(namespace, specs),
    listAccepted: () => next().listAccepted(),
    putInstanceReport: (report) => next().putInstanceReport(report),
    listInstanceReports: (sinceMs) => next().listInstanceReports(sinceMs),
    forgetInstances: (namespace, gateway) => next().forgetInstances(namespace, gateway),
    putKey: (key, most) => next().putKey(key, most),
    getKey: (id) => next().getKey(id),
    revokeKey: (id, revoked) => next().revokeKey(id, revoked),
    listKeys: (query) => next().listKeys(query),
    listKeyChanges: (query) => next().listKeyChanges(query),
    keyPosition: () => next().keyPosition(),
    identity: () => next().identity(),
    async close() {
      await Promise.all(stores.map((store) => store.close()));
    },
  };
}

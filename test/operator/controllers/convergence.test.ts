import { expect } from 'chai';
import fc from 'fast-check';
import { loadKindContracts } from '../../../gateway/contract/kinds.ts';
import { createControllers } from '../../../operator/controllers/index.ts';
import { createInstanceReports } from '../../../operator/domain/instance-reports.ts';
import { createLinter } from '../../../operator/domain/lint.ts';
import { ObjectStore } from '../../../operator/local/object-store.ts';
import { silentLog } from '../../../operator/runtime/log.ts';
import { type KubeObject, type Manifest, ObjectError } from '../../../operator/runtime/objects.ts';
import { FakeClock, settle } from '../../fakes/clock.ts';
import { CountingClient } from '../../fakes/counting-client.ts';
import { TestFolder } from '../../fakes/folder.ts';
import { LaggingClient } from '../../fakes/lagging-client.ts';
import { noMetrics } from '../../fakes/no-metrics.ts';
import { childOf, gateway, policy, target } from '../../fakes/resources.ts';

const NAMESPACE = 'team-a';
const CHILDREN = ['ConfigMap', 'ServiceAccount', 'Service', 'Deployment'];
const linter = createLinter({
  kinds: await loadKindContracts(),
  loneGateway: false,
  listen: '0.0.0.0:41002',
});
const SHAPE = { replicas: 1, evidence: { spoolMaxBytes: 1_048_576, spoolMaxDays: 1 }, drainGraceSeconds: 5 };

/** A store, an operator over a cache that lags, calls that fail, and people who do what they like. */
class World {
  readonly clock = new FakeClock();
  readonly folder = new TestFolder();
  readonly store: ObjectStore;
  client!: CountingClient;
  /** Hash of each revision, by gateway and number. */
  readonly revisions = new Map<string, string>();
  failing = 0;
  #lagging!: LaggingClient;
  #controllers: ReturnType<typeof createControllers> | undefined;

  constructor() {
    let uid = 0;
    this.store = new ObjectStore(
      { dir: this.folder.path },
      { clock: this.clock, uid: () => `uid-${++uid}`, log: silentLog, admit: (manifest) => manifest },
    );
  }

  async restart(): Promise<void> {
    await this.#stop();
    this.#lagging = new LaggingClient(this.store);
    this.client = new CountingClient(new FailingClient(this.#lagging, this));
    const { clock, client } = this;
    this.#controllers = createControllers({
      client,
      clock,
      linter,
      reports: createInstanceReports(() => clock.now()),
      image: 'keeptrusts/gateway:test',
      paused: false,
      controlPlane: null,
      archive: {
        keepRevision: async ({ gateway, number, hash }) => {
          const key = `${gateway} ${number}`;
          const before = this.revisions.get(key);
          if (before !== undefined && before !== hash) throw new Error(`two contents of revision ${key}`);
          this.revisions.set(key, hash);
        },
        keepAccepted: async () => {},
      },
      drift: { driftCorrected: () => {} },
      events: { record: () => {} },
      address: () => null,
      runtime: () => ({
        clock,
        random: () => 0.5,
        log: silentLog,
        metrics: noMetrics,
        reconcileId: () => 'r',
      }),
    });
    this.#lagging.catchUp();
    this.#controllers.gateway.start();
    this.#controllers.status.start();
  }

  /** Lets the cache hear of what changed of one kind, or of all. */
  catchUp(kind?: string): void {
    if (kind === undefined) this.#lagging.catchUp();
    else for (const object of this.store.cache.list(kind)) this.#lagging.show(object);
  }

  /** Gives everything time until the operator writes nothing any more; it may look whether something is in the way still. */
  async rest(): Promise<void> {
    for (let turn = 0; turn < 40; turn++) {
      this.client.take();
      this.catchUp();
      await this.clock.advance(400_000);
      if (Object.keys(this.client.take()).every((call) => call.startsWith('read '))) return;
    }
    throw new Error('the operator does not come to rest');
  }

  children(): KubeObject[] {
    return CHILDREN.flatMap((kind) => this.store.cache.list(kind));
  }

  async close(): Promise<void> {
    await this.#stop();
    this.folder.remove();
  }

  async #stop(): Promise<void> {
    await this.#controllers?.gateway.stop();
    await this.#controllers?.status.stop();
  }
}

class FailingClient extends LaggingClient {
  readonly #world: World;
  constructor(inner: LaggingClient, world: World) {
    super(world.store);
    this.#world = world;
    // One cache for both.
    Object.defineProperty(this, 'cache', { value: inner.cache });
  }

  override async apply(manifest: Manifest): Promise<KubeObject> {
    if (this.#world.failing > 0) {
      this.#world.failing--;
      throw new ObjectError('Unavailable', 'no answer');
    }
    return super.apply(manifest);
  }
}

type Step = (world: World) => Promise<void>;

const inNamespace = (object: object): Manifest => {
  const manifest = structuredClone(object) as unknown as Manifest;
  return { ...manifest, metadata: { ...manifest.metadata, namespace: NAMESPACE } };
};
const remove: (kind: string, name: string) => Step = (kind, name) => async (world) => {
  const object = world.store.cache.get({ kind, namespace: NAMESPACE, name });
  if (object !== undefined)
    await world.store.delete({ kind, namespace: NAMESPACE, name }, object.metadata.uid);
};
const isForeign = ({ metadata }: KubeObject): boolean => metadata.labels?.['mine'] === 'yes';

const gatewayName = fc.constantFrom('default', 'edge');
const childKind = fc.constantFrom(...CHILDREN);
const step: fc.Arbitrary<[string, Step]> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('p0', 'p1', 'p2'),
      fc.constantFrom(1024, 2048, 4096),
      fc.constantFrom(undefined, ['edge'], ['default', 'edge']),
    )
    .map(([name, maxBodyBytes, gateways]): [string, Step] => [
      `apply ${name} ${maxBodyBytes} ${gateways}`,
      async ({ store }) => {
        const named = gateways === undefined ? {} : { gateways };
        await store.apply(inNamespace(policy(name, { limits: { maxBodyBytes }, ...named })));
      },
    ]),
  fc.constantFrom('t0', 't1').map((name): [string, Step] => [
    `apply ${name}`,
    async ({ store }) => {
      await store.apply(inNamespace(target(name, { transport: 'Tls', rejectsStreamOptions: false })));
    },
  ]),
  fc.constant<[string, Step]>([
    'apply edge',
    async ({ store }) => void (await store.apply(inNamespace(gateway('edge', SHAPE)))),
  ]),
  fc
    .constantFrom<[string, string]>(
      ['GovernancePolicy', 'p0'],
      ['GovernancePolicy', 'p1'],
      ['ProviderTarget', 't0'],
      ['GovernanceGateway', 'edge'],
    )
    .map(([kind, name]): [string, Step] => [`delete ${name}`, remove(kind, name)]),
  fc
    .tuple(childKind, gatewayName)
    .map(([kind, name]): [string, Step] => [`delete ${kind} of ${name}`, remove(kind, childOf(name))]),
  fc.tuple(childKind, gatewayName, fc.boolean()).map(([kind, name, labels]): [string, Step] => [
    `change ${kind} of ${name}${labels ? ' and its labels' : ''}`,
    async (world) => {
      const object = world.store.cache.get({ kind, namespace: NAMESPACE, name: childOf(name) });
      if (object === undefined || isForeign(object)) return;
      const metadata = labels ? { ...object.metadata, labels: {} } : object.metadata;
      await world.store.apply({ ...object, metadata, data: { meddled: 'yes' } });
      if (!labels) return;
      // An operator that ends before it hears of that cannot know it for its own: it goes with its owners.
      world.failing = 0;
      world.catchUp();
      await settle();
    },
  ]),
  fc.tuple(childKind, gatewayName).map(([kind, name]): [string, Step] => [
    `put a ${kind} in the way of ${name}`,
    async ({ store }) => {
      // Between the look and the apply that makes an object there is a moment in which nothing is seen.
      await settle();
      const ref = { kind, namespace: NAMESPACE, name: childOf(name) };
      if (store.cache.get(ref) !== undefined) return;
      const metadata = { name: ref.name, namespace: NAMESPACE, labels: { mine: 'yes' } };
      await store.apply({ apiVersion: 'v1', kind, metadata, data: { mine: 'yes' } });
    },
  ]),
  fc
    .option(childKind, { nil: undefined })
    .map((kind): [string, Step] => [`hear of ${kind ?? 'all'}`, async (world) => world.catchUp(kind)]),
  fc.nat({ max: 4 }).map((count): [string, Step] => [
    `fail ${count}`,
    async (world) => {
      world.failing = count;
    },
  ]),
  fc.nat({ max: 3000 }).map((ms): [string, Step] => [`wait ${ms}`, ({ clock }) => clock.advance(ms)]),
  fc.constant<[string, Step]>(['restart', (world) => world.restart()]),
);

/** Without what depends on how often something was compiled. */
function shown({ metadata, status: _, data, ...rest }: KubeObject): object {
  const document = data?.['policy-config.yaml']?.replace(/^revision:\n( .*\n)+/m, '');
  const { name, labels, ownerReferences } = metadata;
  return { ...rest, name, labels, ownerReferences, document };
}

describe('whatever happens, in whatever order the operator hears of it', function () {
  this.timeout(120_000);

  it('ends as a new operator would make it from nothing, and comes to rest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const world = new World();
        try {
          await world.restart();
          for (const [, run] of steps) await run(world);
          world.failing = 0;
          const foreign = world.children().filter(isForeign);
          await world.rest();
          // What is not ours was never written to.
          for (const { kind, metadata, data } of foreign) {
            const now = world.store.cache.get({ kind, namespace: NAMESPACE, name: metadata.name });
            expect(now?.data).to.deep.equal(data);
            await remove(kind, metadata.name)(world);
          }
          await world.rest();
          const before = world.children().map(shown);
          for (const { kind, metadata } of world.children()) await remove(kind, metadata.name)(world);
          await world.restart();
          await world.rest();
          expect(before).to.deep.equal(world.children().map(shown));
        } finally {
          await world.close();
        }
      }),
      { numRuns: 25, reporter: (details) => describeFailure(details) },
    );
  });
});

/** Steps by their names: functions say nothing. */
function describeFailure(details: fc.RunDetails<[[string, Step][]]>): void {
  if (!details.failed) return;
  const [steps] = details.counterexample ?? [[]];
  const names = steps.map(([name]) => name).join('; ');
  throw new Error(`after: ${names} (seed ${details.seed}): ${details.errorInstance}`, {
    cause: details.errorInstance,
  });
}

import { expect } from 'chai';
import { loadKindContracts } from '../../../gateway/contract/kinds.ts';
import { Settling } from '../../../operator/controllers/settling.ts';
import { createLinter } from '../../../operator/domain/lint.ts';
import { LocalCache } from '../../../operator/local/object-cache.ts';
import type { ObjectStore } from '../../../operator/local/object-store.ts';
import type { Manifest } from '../../../operator/runtime/objects.ts';
import { cached } from '../../fakes/cached.ts';
import { FakeClock, settle } from '../../fakes/clock.ts';
import { controllersOver, storeIn } from '../../fakes/controllers.ts';
import { TestFolder } from '../../fakes/folder.ts';
import { gateway, policy, target } from '../../fakes/resources.ts';

describe('settling of a gateway that nobody declared', () => {
  let clock: FakeClock;
  let cache: LocalCache;
  let decided: boolean;
  let settling: Settling;
  beforeEach(() => {
    clock = new FakeClock();
    cache = new LocalCache();
    decided = false;
    const outcomes = { get: () => (decided ? ({} as never) : undefined) };
    settling = new Settling({ cache, outcomes, clock }, 1000);
  });
  const wait = (gateway = 'default'): number => settling.waitMs('team-a', gateway);

  it('waits from when it is first asked for, whatever comes meanwhile', () => {
    expect(wait()).to.equal(1000);
    clock.standStill(400);
    expect(wait()).to.equal(600);
    clock.standStill(600);
    expect(wait()).to.equal(0);
    expect(wait('other')).to.equal(1000);
  });

  it('never waits with a declared one, one that is there, or one that was decided', () => {
    cache.put(cached('GovernanceGateway', 'edge'));
    cache.put(cached('Deployment', 'keeptrusts-default'));
    expect([wait('edge'), wait(), wait('other')]).to.deep.equal([0, 0, 1000]);
    decided = true;
    expect(wait('other')).to.equal(0);
  });

  it('begins anew with one that is asked for again', () => {
    wait();
    clock.standStill(1000);
    settling.forget('team-a', 'default');
    expect(wait()).to.equal(1000);
  });

  it('is over at once where it is not asked for', () => {
    expect(new Settling({ cache, outcomes: { get: () => undefined }, clock }, 0).waitMs('a', 'b')).to.equal(
      0,
    );
  });
});

const kinds = await loadKindContracts();

describe('controllers in a cluster', () => {
  let folder: TestFolder;
  let clock: FakeClock;
  let store: ObjectStore;
  let controllers: ReturnType<typeof controllersOver>;
  let made: string[];
  beforeEach(() => {
    folder = new TestFolder();
    clock = new FakeClock();
    store = storeIn(folder, clock);
    made = [];
    store.cache.onChange(({ kind, name }, _, previous) => {
      if (kind === 'Deployment' && previous === undefined) made.push(name);
    });
    controllers = controllersOver(store, {
      clock,
      linter: createLinter({ kinds, loneGateway: false, listen: '0.0.0.0:41002' }),
      settleMs: 1000,
    });
    controllers.gateway.start();
    controllers.status.start();
  });
  afterEach(async () => {
    await controllers.gateway.stop();
    await controllers.status.stop();
    folder.remove();
  });

  async function apply(object: object): Promise<void> {
    const manifest = object as Manifest;
    await store.apply({ ...manifest, metadata: { ...manifest.metadata, namespace: 'team-a' } });
    await settle();
  }
  const spec = { replicas: 1, evidence: { spoolMaxBytes: 1_048_576, spoolMaxDays: 1 }, drainGraceSeconds: 5 };
  const mock = target('mock', { transport: 'Tls', rejectsStreamOptions: false });

  it('make the implicit gateway a second after it is asked for, and keep it up at once', async () => {
    await apply(policy('guard'));
    await apply(mock);
    await clock.advance(999);
    expect(made).to.deep.equal([]);
    await clock.advance(1);
    expect(made).to.deep.equal(['keeptrusts-default']);
    const ref = { kind: 'Deployment', namespace: 'team-a', name: 'keeptrusts-default' };
    await store.delete(ref, store.cache.get(ref)!.metadata.uid);
    await settle();
    expect(made).to.deep.equal(['keeptrusts-default', 'keeptrusts-default']);
  });

  it('make nothing that a declared gateway takes the place of before', async () => {
    await apply(policy('guard'));
    await apply(mock);
    await clock.advance(300);
    await apply(gateway('edge', spec));
    expect(made).to.deep.equal(['keeptrusts-edge']);
    await clock.advance(60_000);
    expect(made).to.deep.equal(['keeptrusts-edge']);
  });
});

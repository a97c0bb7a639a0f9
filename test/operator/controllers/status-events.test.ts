import { expect } from 'chai';
import { loadKindContracts } from '../../../gateway/contract/kinds.ts';
import { createLinter } from '../../../operator/domain/lint.ts';
import type { ObjectStore } from '../../../operator/local/object-store.ts';
import type { KubeObject } from '../../../operator/runtime/objects.ts';
import { FakeClock, settle } from '../../fakes/clock.ts';
import { controllersOver, storeIn } from '../../fakes/controllers.ts';
import { TestFolder } from '../../fakes/folder.ts';

const linter = createLinter({
  kinds: await loadKindContracts(),
  loneGateway: true,
  listen: '0.0.0.0:41002',
});
const policy = { kind: 'GovernancePolicy', namespace: 'team-a', name: 'p' };

describe('events of a status', () => {
  let folder: TestFolder;
  let store: ObjectStore;
  let controllers: ReturnType<typeof controllersOver>;
  let events: string[];
  let writes: number;

  beforeEach(() => {
    folder = new TestFolder();
    events = [];
    writes = 0;
    const clock = new FakeClock();
    store = storeIn(folder, clock);
    store.cache.onChange((ref, object, previous) => {
      if (ref.kind === policy.kind && object?.status !== previous?.status) writes += 1;
    });
    controllers = controllersOver(store, {
      clock,
      linter,
      events: {
        record: ({ kind, metadata }, { type, reason, message }) =>
          events.push(`${kind} ${metadata.namespace}/${metadata.name} ${type} ${reason}: ${message}`),
      },
    });
    controllers.gateway.start();
    controllers.status.start();
  });
  afterEach(async () => {
    await controllers.gateway.stop();
    await controllers.status.stop();
    folder.remove();
  });

  const put = async (...patterns: string[]): Promise<void> => {
    const entries = [
      { name: 'dlp', kind: 'DlpFilter', dlpFilter: { action: 'Block', detectPatterns: patterns } },
    ];
    await store.apply({
      apiVersion: 'governance.keeptrusts.com/v1alpha1',
      kind: policy.kind,
      metadata: { namespace: policy.namespace, name: policy.name },
      spec: { mode: 'Enforce', entries },
    });
    await settle();
  };
  const accepted = (): { reason: string; message: string; observedGeneration: number } => {
    const { status } = store.cache.get(policy) as KubeObject & {
      status: { conditions: (ReturnType<typeof accepted> & { type: string })[] };
    };
    return status.conditions.find(({ type }) => type === 'Accepted')!;
  };
  const since = (): string[] => events.splice(0);

  it('are recorded of the object when a condition changes, with its words', async () => {
    await put('fine');
    expect(since()).to.deep.equal([]);
    await put('(unclosed');
    const { reason, message } = accepted();
    expect(reason).to.equal('Invalid');
    expect(since()).to.deep.equal([`GovernancePolicy team-a/p Warning Invalid: ${message}`]);
  });

  it('are not recorded again where a status is written that says the same', async () => {
    await put('(unclosed');
    expect(since()).to.have.length(1);
    const [before, { observedGeneration }] = [writes, accepted()];
    await put('(unclosed', '(another');
    expect(writes).to.be.greaterThan(before);
    expect(accepted()).to.include({ reason: 'Invalid', observedGeneration: observedGeneration + 1 });
    expect(since()).to.deep.equal([]);
  });

  it('and the status itself wait until the gateway has been decided with the edit', async () => {
    await put('fine');
    await controllers.gateway.stop();
    const told = accepted();
    await put('(unclosed');
    expect(store.cache.get(policy)!.metadata.generation).to.equal(told.observedGeneration + 1);
    expect(accepted()).to.deep.equal(told);
    expect(since()).to.deep.equal([]);
  });

  it('tell that what was wrong is mended, which only the status before can say', async () => {
    await put('(unclosed');
    since();
    await put('fine');
    expect(since()).to.deep.equal([`GovernancePolicy team-a/p Normal Accepted: ${accepted().message}`]);
  });
});

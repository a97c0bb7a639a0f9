import { expect } from 'chai';
import { loadKindContracts } from '../../gateway/contract/kinds.ts';
import { createInstanceReports } from '../../operator/domain/instance-reports.ts';
import { createLinter } from '../../operator/domain/lint.ts';
import type { ObjectStore } from '../../operator/local/object-store.ts';
import type { KubeObject } from '../../operator/runtime/objects.ts';
import { FakeClock, settle } from '../fakes/clock.ts';
import { controllersOver, storeIn } from '../fakes/controllers.ts';
import { TestFolder } from '../fakes/folder.ts';
import { instanceReport } from '../fakes/instance-report.ts';

const linter = createLinter({
  kinds: await loadKindContracts(),
  loneGateway: false,
  listen: '0.0.0.0:41002',
});
const apiVersion = 'governance.keeptrusts.com/v1alpha1';
const UID = 'governance.keeptrusts.com/service-account-uid';

/**
 * A ServiceAccount that a hand deleted was put back, with another uid: the pods' tokens were refused for the rest of an
 * hour. No key and no event passed, while status went on saying that all was well.
 */
describe('issue: a deleted ServiceAccount of a gateway', () => {
  let folder: TestFolder;
  let clock: FakeClock;
  let store: ObjectStore;
  let reports: ReturnType<typeof createInstanceReports>;
  let controllers: ReturnType<typeof controllersOver>;
  let statusWrites: number;

  const child = (kind: string): KubeObject =>
    store.cache.get({ kind, namespace: 'team-a', name: 'keeptrusts-default' })!;
  const toldUid = (): string | undefined => {
    const { template } = child('Deployment').spec as {
      template: { metadata: { annotations?: Record<string, string> } };
    };
    return template.metadata.annotations?.[UID];
  };
  const remove = async (kind: string): Promise<void> => {
    const { name, namespace, uid } = child(kind).metadata;
    await store.delete({ kind, namespace, name }, uid);
    await settle();
  };

  beforeEach(async () => {
    folder = new TestFolder();
    clock = new FakeClock();
    store = storeIn(folder, clock);
    reports = createInstanceReports(() => clock.now());
    controllers = controllersOver(store, {
      reports,
      clock,
      linter,
      controlPlane: { url: 'http://127.0.0.1:8080' },
    });
    controllers.gateway.start();
    controllers.status.start();
    await store.apply({
      apiVersion,
      kind: 'GovernancePolicy',
      metadata: { name: 'p', namespace: 'team-a' },
      spec: { mode: 'Enforce', limits: { maxBodyBytes: 2048 } },
    });
    await store.apply({
      apiVersion,
      kind: 'ProviderTarget',
      metadata: { name: 't', namespace: 'team-a' },
      spec: { provider: 'mock', transport: 'Tls', rejectsStreamOptions: false },
    });
    await settle();
    statusWrites = 0;
    store.cache.onChange(({ kind }) => {
      if (kind === 'GovernancePolicy') statusWrites += 1;
    });
  });
  afterEach(async () => {
    await controllers.gateway.stop();
    await controllers.status.stop();
    folder.remove();
  });

  it('leaves the pods alone that were made with it', async () => {
    await clock.advance(60_000);
    expect(toldUid()).to.equal(undefined);
  });

  it('replaces the pods once for each that is put back', async () => {
    const templates = new Set<string>();
    store.cache.onChange(({ kind }) => {
      if (kind === 'Deployment') templates.add(JSON.stringify(child('Deployment').spec));
    });
    for (const times of [1, 2]) {
      await clock.advance(10_000);
      await remove('ServiceAccount');
      await clock.advance(60_000);
      expect(toldUid()).to.equal(child('ServiceAccount').metadata.uid);
      expect(templates.size).to.equal(times);
    }
  });

  it('replaces none when the Deployment is made anew as well', async () => {
    await clock.advance(10_000);
    await remove('ServiceAccount');
    await clock.advance(10_000);
    await remove('Deployment');
    await clock.advance(60_000);
    expect(toldUid()).to.equal(undefined);
  });

  describe('once its instances report no longer', () => {
    const programmed = (): { status: string; reason: string; message: string } => {
      const { status } = store.cache.get({ kind: 'GovernancePolicy', namespace: 'team-a', name: 'p' })!;
      const { conditions } = status as {
        conditions: { type: string; status: string; reason: string; message: string }[];
      };
      return conditions.find(({ type }) => type === 'Programmed')!;
    };
    const report = (): void => {
      const annotations = child('ConfigMap').metadata.annotations!;
      const hash = annotations['governance.keeptrusts.com/hash']!;
      const reportedAt = clock.now();
      const revision = { number: 1, hash };
      reports.put(instanceReport({ namespace: 'team-a', gateway: 'default', revision, reportedAt }, 0));
    };
    const reportFor = async (seconds: number): Promise<void> => {
      for (let passed = 0; passed < seconds; passed += 5) {
        report();
        await clock.advance(5000);
      }
    };

    beforeEach(async () => {
      const { apiVersion, kind, metadata, spec } = child('Deployment');
      const { name, namespace } = metadata;
      await store.applyStatus({
        apiVersion,
        kind,
        metadata: { name, namespace },
        spec,
        status: { observedGeneration: 1, replicas: 1, readyReplicas: 1 },
      });
      await reportFor(60);
      expect(programmed().status).to.equal('True');
    });

    it('is told in the status within 20 s, once, and taken back with the next report', async () => {
      statusWrites = 0;
      await clock.advance(20_000);
      expect(programmed()).to.include({ status: 'False', reason: 'GatewayPending' });
      expect(programmed().message).to.contain('0 of 1 ready instances');
      await clock.advance(120_000);
      expect(statusWrites).to.equal(1);
      report();
      await clock.advance(1000);
      expect(programmed().status).to.equal('True');
    });

    it('writes nothing while they go on', async () => {
      statusWrites = 0;
      await reportFor(120);
      expect(statusWrites).to.equal(0);
    });

    it('is not believed of a process that stood still itself', async () => {
      statusWrites = 0;
      clock.standStill(60_000);
      await clock.advance(0);
      await reportFor(60);
      expect(statusWrites).to.equal(0);
    });
  });
});

import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { loadKindContracts } from '../../../gateway/contract/kinds.ts';
import type { Revision } from '../../../operator/controllers/archive.ts';
import { createControllers } from '../../../operator/controllers/index.ts';
import { Outcomes } from '../../../operator/controllers/outcomes.ts';
import { createInstanceReports } from '../../../operator/domain/instance-reports.ts';
import { createLinter } from '../../../operator/domain/lint.ts';
import type { AcceptedSpec } from '../../../operator/domain/snapshot.ts';
import { ObjectStore } from '../../../operator/local/object-store.ts';
import { findingsOf, unusable, unwrittenProblems } from '../../../operator/problems.ts';
import { type Log, silentLog } from '../../../operator/runtime/log.ts';
import { type KubeObject, type Manifest, ObjectError, refOf } from '../../../operator/runtime/objects.ts';
import { FakeClock, settle } from '../../fakes/clock.ts';
import { TestFolder } from '../../fakes/folder.ts';
import { LaggingClient } from '../../fakes/lagging-client.ts';
import { noMetrics } from '../../fakes/no-metrics.ts';

const linter = createLinter({
  kinds: await loadKindContracts(),
  loneGateway: true,
  listen: '0.0.0.0:41002',
});
const apiVersion = 'governance.keeptrusts.com/v1alpha1';
const policy = (name: string, spec: object = {}): Manifest => ({
  apiVersion,
  kind: 'GovernancePolicy',
  metadata: { name, namespace: 'team-a' },
  spec: { mode: 'Enforce', limits: { maxBodyBytes: 2048 }, ...spec },
});
const target = (name: string, spec: object = {}): Manifest => ({
  apiVersion,
  kind: 'ProviderTarget',
  metadata: { name, namespace: 'team-a' },
  spec: { provider: 'mock', transport: 'Tls', rejectsStreamOptions: false, ...spec },
});
const gateway = (name: string): Manifest => ({
  apiVersion,
  kind: 'GovernanceGateway',
  metadata: { name, namespace: 'team-a' },
  spec: { replicas: 1, evidence: { spoolMaxBytes: 1_048_576, spoolMaxDays: 1 }, drainGraceSeconds: 5 },
});

describe('controllers', () => {
  let folder: TestFolder;
  let clock: FakeClock;
  let store: ObjectStore;
  let archived: Revision[];
  let drift: string[];
  let events: string[];
  let archiveFails: boolean;
  let kept: Map<string, readonly AcceptedSpec[]>;
  let warnings: object[];
  let refuse: ((manifest: Manifest) => ObjectError | null) | null;
  let controllers: ReturnType<typeof createControllers>;
  let reports: ReturnType<typeof createInstanceReports>;

  beforeEach(() => {
    folder = new TestFolder();
    clock = new FakeClock();
    archived = [];
    drift = [];
    events = [];
    archiveFails = false;
    kept = new Map();
    refuse = null;
    warnings = [];
    const log: Log = { ...silentLog, warn: (fields) => void warnings.push(fields), child: () => log };
    let uid = 0;
    store = new ObjectStore(
      { dir: folder.path },
      {
        clock,
        uid: () => `uid-${++uid}`,
        log: silentLog,
        admit: (manifest) => {
          const error = refuse?.(manifest) ?? null;
          if (error !== null) throw error;
          return manifest;
        },
      },
    );
    reports = createInstanceReports(() => clock.now());
    controllers = createControllers({
      client: store,
      reports,
      clock,
      linter,
      image: 'keeptrusts/gateway:test',
      paused: false,
      controlPlane: null,
      archive: {
        async keepRevision(revision) {
          if (archiveFails) throw new Error('the store is down');
          archived.push(revision);
        },
        async keepAccepted(namespace, specs) {
          kept.set(namespace, specs);
        },
      },
      drift: { driftCorrected: (kind) => drift.push(kind) },
      events: {
        record: ({ kind, metadata }, event) => events.push(`${kind} ${metadata.name} ${event.reason}`),
      },
      address: () => null,
      runtime: () => ({ clock, random: () => 1, log, metrics: noMetrics, reconcileId: () => 'r' }),
    });
    controllers.gateway.start();
    controllers.status.start();
  });
  afterEach(async () => {
    await controllers.gateway.stop();
    await controllers.status.stop();
    folder.remove();
  });

  const children = (): string[] =>
    ['ConfigMap', 'Deployment', 'Service', 'ServiceAccount']
      .flatMap((kind) => store.cache.list(kind))
      .map((object) => `${object.kind} ${object.metadata.name}`);
  const configMap = (name = 'default'): KubeObject | undefined =>
    store.cache.get({ kind: 'ConfigMap', namespace: 'team-a', name: `keeptrusts-${name}` });
  const ready = (
    kind: string,
    name: string,
  ): { status: string; reason: string; message: string } | undefined => {
    const object = store.cache.get({ kind, namespace: 'team-a', name });
    const status = object?.status as {
      conditions: { type: string; status: string; reason: string; message: string }[];
    };
    return status?.conditions.find(({ type }) => type === 'Ready');
  };
  const remove = async (kind: string, name: string): Promise<void> => {
    const ref = { kind, namespace: 'team-a', name };
    await store.delete(ref, store.cache.get(ref)!.metadata.uid);
    await settle();
  };

  it('make the four objects of a gateway and archive the revision before', async () => {
    await store.apply(policy('p'));
    await store.apply(target('t'));
    await settle();
    expect(children()).to.have.length(4);
    expect(archived.at(-1)).to.include({ number: 1, gateway: 'default' });
    expect(archived.at(-1)!.objects.map(({ kind, name }) => `${kind} ${name}`)).to.deep.equal([
      'GovernancePolicy p',
      'ProviderTarget t',
    ]);
  });

  it('come to rest: status writes do not start the next round', async () => {
    await store.apply(policy('p'));
    await store.apply(target('t'));
    await settle();
    let changes = 0;
    store.cache.onChange(() => changes++);
    await clock.advance(60_000);
    expect(changes).to.equal(0);
    expect(controllers.gateway.queue.idle).to.equal(true);
  });

  it('enforce also while the archive is down, and archive once it is back', async () => {
    archiveFails = true;
    await store.apply(policy('p'));
    await store.apply(target('t'));
    await settle();
    expect(children()).to.have.length(4);
    expect(archived).to.deep.equal([]);
    archiveFails = false;
    await clock.advance(60_000);
    expect(archived.map(({ number }) => number)).to.deep.equal([1]);
  });

  it('put back what somebody changed in a child, and make a deleted one again', async () => {
    await store.apply(policy('p'));
    await store.apply(target('t'));
    await settle();
    const { uid: _, ...before } = configMap()!.metadata;
    await store.apply({ ...(configMap() as Manifest), data: { 'policy-config.yaml': 'open to all' } });
    await settle();
    expect(configMap()!.data!['policy-config.yaml']).to.contain('max_body_bytes: 2048');
    await remove('Service', 'keeptrusts-default');
    expect(children()).to.include('Service keeptrusts-default');
    expect(before.name).to.equal('keeptrusts-default');
    expect(drift).to.deep.equal(['ConfigMap', 'Service']);
  });

  it('never take over an object that is not theirs, and say which', async () => {
    const metadata = { name: 'keeptrusts-default', namespace: 'team-a' };
    await store.apply({ apiVersion: 'v1', kind: 'Service', metadata, spec: { mine: true } });
    await store.apply(policy('p'));
    await store.apply(target('t'));
    await settle();
    expect(children()).to.deep.equal(['Service keeptrusts-default']);
    expect(ready('GovernancePolicy', 'p')).to.include({ status: 'False', reason: 'Conflicted' });
    expect(ready('GovernancePolicy', 'p')!.message).to.contain('Service team-a/keeptrusts-default');
    await store.delete(
      { kind: 'Service', namespace: 'team-a', name: 'keeptrusts-default' },
      store.cache.get({ kind: 'Service', namespace: 'team-a', name: 'keeptrusts-default' })!.metadata.uid,
    );
    // Half a minute and up to half of that: nobody tells that an object without our label is gone.
    await clock.advance(45_000);
    expect(children()).to.have.length(4);
    expect(drift).to.deep.equal([]);
  });

  for (const reason of ['Invalid', 'TooLarge'] as const) {
    it(`look again within half a minute at what was refused as ${reason}, since who refused it may have changed`, async () => {
      refuse = ({ kind }) => (kind === 'Deployment' ? new ObjectError(reason, 'denied by a rule') : null);
      await store.apply(policy('p'));
      await store.apply(target('t'));
      await clock.advance(120_000);
      expect(ready('GovernancePolicy', 'p')!.status).to.equal('False');
      expect(ready('GovernancePolicy', 'p')!.message).to.contain('denied by a rule');
      refuse = null;
      await clock.advance(25_000);
      expect(children()).to.include('Deployment keeptrusts-default');
    });
  }

  it('tell what was refused for want of rights, and go on trying; tell nothing of a server that is away', async () => {
    refuse = ({ kind }) => (kind === 'Deployment' ? new ObjectError('Forbidden', 'exceeded quota') : null);
    await store.apply(policy('p'));
    await store.apply(target('t'));
    await clock.advance(10);
    expect(ready('GovernancePolicy', 'p')).to.include({ status: 'False', reason: 'ApplyFailed' });
    refuse = ({ kind }) => (kind === 'Deployment' ? new ObjectError('Unavailable', 'no answer') : null);
    await clock.advance(60_000);
    expect(ready('GovernancePolicy', 'p')).to.include({ reason: 'GatewayPending' });
    refuse = null;
    await clock.advance(300_000);
    expect(children()).to.include('Deployment keeptrusts-default');
  });

  it('tell of a status that cannot be written until it can, once where it goes on, and keep trying', async () => {
    await store.apply(policy('p'));
    await store.apply(target('t'));
    await clock.advance(10);
    const write = store.applyStatus.bind(store);
    let tries = 0;
    store.applyStatus = async (manifest) => {
      if (manifest.kind !== 'GovernancePolicy') return write(manifest);
      tries++;
      throw new ObjectError('Invalid', 'field not declared in schema');
    };
    await store.apply(policy('p', { limits: { maxBodyBytes: 4096 } }));
    await clock.advance(120_000);
    expect(tries).to.be.within(10, 25);
    expect(warnings).to.deep.equal([{ reason: 'field not declared in schema' }]);
    const [problem, ...others] = unwrittenProblems(controllers.unwritten);
    expect(others).to.deep.equal([]);
    expect(problem).to.include({
      severity: 'error',
      object: 'GovernancePolicy team-a/p',
      code: 'StatusNotWritten',
    });
    expect(problem!.message).to.contain('(Invalid): field not declared in schema; apply the definitions');
    store.applyStatus = write;
    await clock.advance(15_000);
    expect(unwrittenProblems(controllers.unwritten)).to.deep.equal([]);
  });

  describe('over a cache that lags behind, as that of an API server does', () => {
    let client: LaggingClient;
    let lagging: ReturnType<typeof createControllers>;
    let numbers: string[];
    beforeEach(async () => {
      // Those of the outer suite see the same store.
      await controllers.gateway.stop();
      await controllers.status.stop();
      client = new LaggingClient(store);
      numbers = [];
      lagging = createControllers({
        client,
        reports,
        clock,
        linter,
        image: 'keeptrusts/gateway:test',
        paused: false,
        controlPlane: null,
        archive: {
          keepRevision: async ({ number, hash }) => void numbers.push(`${number} ${hash}`),
          keepAccepted: async () => {},
        },
        drift: { driftCorrected: (kind) => drift.push(kind) },
        events: { record: () => {} },
        address: () => null,
        runtime: () => ({
          clock,
          random: () => 1,
          log: silentLog,
          metrics: noMetrics,
          reconcileId: () => 'r',
        }),
      });
      lagging.gateway.start();
      lagging.status.start();
    });
    afterEach(async () => {
      await lagging.gateway.stop();
      await lagging.status.stop();
    });

    it('give no number to two contents, and come to the same end', async () => {
      await store.apply(policy('p'));
      await store.apply(target('t'));
      client.catchUp();
      await settle();
      // The cache knows nothing of the ConfigMap that was just made.
      for (const maxBodyBytes of [4096, 8192]) {
        const object = await store.apply(policy('p', { limits: { maxBodyBytes } }));
        client.show(object);
        await settle();
      }
      expect(numbers.map((line) => line.split(' ')[0])).to.deep.equal(['1', '2', '3']);
      expect(new Set(numbers).size).to.equal(3);
      expect(configMap()!.data!['policy-config.yaml']).to.contain('max_body_bytes: 8192');
      for (let round = 0; round < 4; round++) {
        client.catchUp();
        await settle();
      }
      expect(numbers).to.have.length(3);
      expect(children()).to.have.length(4);
    });

    it('do not take over what they have not heard of', async () => {
      const metadata = { name: 'keeptrusts-default', namespace: 'team-a' };
      await store.apply({ apiVersion: 'v1', kind: 'Service', metadata, spec: { mine: true } });
      for (const object of [await store.apply(policy('p')), await store.apply(target('t'))]) {
        client.show(object);
      }
      await settle();
      expect(children()).to.deep.equal(['Service keeptrusts-default']);
      expect(lagging.outcomes.get('team-a', 'default')!.failure).to.include({ reason: 'Conflicted' });
    });

    it('let a status go whose object was deleted meanwhile', async () => {
      const object = await store.apply(policy('p'));
      await store.delete(refOf(object), object.metadata.uid);
      client.show(object);
      await settle();
      expect(lagging.status.queue.idle).to.equal(true);
    });
  });

  it('retry what an unavailable API refused', async () => {
    refuse = ({ kind }) => (kind === 'Deployment' ? new ObjectError('Unavailable', 'try later') : null);
    await store.apply(policy('p'));
    await store.apply(target('t'));
    await clock.advance(100);
    expect(children()).to.not.include('Deployment keeptrusts-default');
    refuse = null;
    await clock.advance(60_000);
    expect(children()).to.include('Deployment keeptrusts-default');
  });

  it('remove the implicit gateway when one is declared, and with the last policy', async () => {
    await store.apply(policy('p'));
    await store.apply(target('t'));
    await settle();
    await store.apply(gateway('edge'));
    await settle();
    expect(children().every((name) => name.endsWith('keeptrusts-edge'))).to.equal(true);
    await remove('GovernanceGateway', 'edge');
    expect(children().every((name) => name.endsWith('keeptrusts-default'))).to.equal(true);
    await remove('GovernancePolicy', 'p');
    expect(children()).to.deep.equal([]);
  });

  it('raise the revision when the document changes and only then', async () => {
    await store.apply(policy('p'));
    await store.apply(target('t'));
    await settle();
    const first = configMap()!;
    await store.apply({ ...policy('p'), metadata: { name: 'p', namespace: 'team-a', labels: { a: 'b' } } });
    await settle();
    expect(configMap()!.metadata.resourceVersion).to.equal(first.metadata.resourceVersion);
    await store.apply(policy('p', { limits: { maxBodyBytes: 4096 } }));
    await settle();
    expect(configMap()!.data!['policy-config.yaml']).to.match(/number: 2/);
  });

  it('call a policy ready only when the instances have reported its revision', async () => {
    await store.apply(policy('p'));
    await store.apply(target('t'));
    await settle();
    expect(ready('GovernancePolicy', 'p')).to.include({ status: 'False', reason: 'GatewayPending' });
    const deployment = store.cache.get({
      kind: 'Deployment',
      namespace: 'team-a',
      name: 'keeptrusts-default',
    })!;
    await store.applyStatus({ ...(deployment as Manifest), status: { replicas: 1, readyReplicas: 1 } });
    await settle();
    expect(ready('GovernancePolicy', 'p')!.status).to.equal('False');
    const { revision } = controllers.outcomes.get('team-a', 'default')!.decision;
    const report = {
      namespace: 'team-a',
      gateway: 'default',
      instance: 'keeptrusts-default-0',
      contract: 1,
      version: '0',
      ready: true,
      revision,
      rejected: null,
      targets: [],
      backlog: 0,
      stream: null,
      reportedAt: clock.now(),
    };
    // An instance that was scaled away goes on being counted until its report is old.
    const { hash } = revision;
    reports.put({
      ...report,
      instance: 'keeptrusts-default-1',
      revision: { number: 0, hash: hash.replace(/./g, '0') },
    });
    await clock.advance(6000);
    reports.put({ ...report, reportedAt: clock.now() });
    await settle();
    expect(ready('GovernancePolicy', 'p')!.status).to.equal('False');
    await clock.advance(6000);
    reports.put({ ...report, reportedAt: clock.now() });
    await clock.advance(6000);
    expect(ready('GovernancePolicy', 'p')!.status).to.equal('True');
    expect(controllers.status.queue.idle).to.equal(true);
    expect(ready('ProviderTarget', 't')!.status).to.equal('True');
  });

  it('leave what runs alone when the whole would be too large, and say so', async () => {
    await store.apply(policy('p'));
    await store.apply(target('t'));
    await settle();
    const before = configMap()!;
    const keys = Array.from({ length: 9000 }, (_, n) => ({
      id: `k${n}`,
      // What is kept beside the document is packed, and hashes cannot be.
      sha256: createHash('sha256').update(String(n)).digest('hex'),
    }));
    await store.apply(policy('p', { identity: { keys } }));
    await clock.advance(10);
    expect(ready('GovernancePolicy', 'p')).to.include({ status: 'False', reason: 'ConfigTooLarge' });
    expect(configMap()).to.deep.equal(before);
    await store.apply(policy('p', { identity: { keys: keys.slice(0, 10) } }));
    await clock.advance(10);
    expect(configMap()!.data!['policy-config.yaml']).to.contain('id: k9');
  });

  it('leave what runs alone when no gateway would take the whole, and say so', async () => {
    await store.apply(target('t'));
    const entries = Array.from({ length: 64 }, (_, n) => ({
      name: `e${n}`,
      kind: 'AuditLogger',
      auditLogger: {},
    }));
    for (let n = 0; n < 8; n++) await store.apply(policy(`p${n}`, { entries }));
    await clock.advance(10);
    const before = configMap()!;
    expect(before.data!['policy-config.yaml']).to.contain('id: p7.e63');
    await store.apply(policy('p8', { entries }));
    await clock.advance(10);
    expect(ready('GovernancePolicy', 'p8')).to.include({ status: 'False', reason: 'ConfigRefused' });
    expect(configMap()).to.deep.equal(before);
  });

  it('remember what was valid for the archive, also where there is no gateway, and take it over from there', async () => {
    const dlp = (pattern: string) => ({
      entries: [
        { name: 'dlp', kind: 'DlpFilter', dlpFilter: { action: 'Block', detectPatterns: [pattern] } },
      ],
    });
    await store.apply(policy('p', dlp('PRJ-[0-9]{4}')));
    await settle();
    expect(kept.get('team-a')!.map(({ name, generation }) => `${name} ${generation}`)).to.deep.equal(['p 1']);
    await store.apply(policy('p', dlp('(unclosed')));
    await settle();
    expect(kept.get('team-a')!.map(({ generation }) => generation)).to.deep.equal([1]);
    // As after a restart: only the archive remembers.
    const fresh = new Outcomes();
    expect(fresh.accepted('team-a')).to.deep.equal([]);
    fresh.restore({ accepted: kept.get('team-a')!, revisions: [] });
    expect(fresh.accepted('team-a')).to.deep.equal(kept.get('team-a'));
    await store.apply(target('t'));
    await settle();
    expect(configMap()!.data!['policy-config.yaml']).to.contain('PRJ-[0-9]{4}');
    await remove('GovernancePolicy', 'p');
    await remove('ProviderTarget', 't');
    expect(kept.get('team-a')).to.deep.equal([]);
  });

  it('go on counting revisions when a gateway is made again, as an earlier process left it or not', async () => {
    controllers.outcomes.restore({
      accepted: [],
      revisions: [{ namespace: 'team-a', gateway: 'default', number: 7, hash: 'f'.repeat(64) }],
    });
    await store.apply(policy('p'));
    await store.apply(target('t'));
    await settle();
    expect(archived.at(-1)!.number).to.equal(8);
    await remove('ProviderTarget', 't');
    expect(configMap()).to.equal(undefined);
    await store.apply(target('other'));
    await settle();
    expect(archived.at(-1)!.number).to.equal(9);
  });

  it('archive a revision once', async () => {
    await store.apply(policy('p'));
    await store.apply(target('t'));
    await settle();
    await remove('Service', 'keeptrusts-default');
    await store.apply({ ...policy('p'), metadata: { name: 'p', namespace: 'team-a', labels: { a: 'b' } } });
    await settle();
    expect(archived.map(({ number }) => number)).to.deep.equal([1]);
  });

  it('say in the problems what is wrong, what is warned of, and which targets cannot be used', async () => {
    const auditLogger = { retentionDays: 365 };
    const known = { cache: store.cache, outcomes: controllers.outcomes, reports };
    await store.apply(policy('p', { entries: [{ name: 'a', kind: 'AuditLogger', auditLogger }] }));
    await settle();
    expect(findingsOf(known, 'team-a')).to.have.length(1);
    expect(findingsOf(known, 'team-a')[0]).to.include({
      severity: 'warning',
      object: 'GovernancePolicy team-a/p',
      code: 'AcceptedWithWarnings',
    });
    expect(findingsOf(known, 'team-a')[0]!.message).to.contain(
      'spec.entries[0].auditLogger.retentionDays: W003',
    );
    await store.apply(target('t'));
    await settle();
    expect(findingsOf(known, 'team-a')).to.have.length(1);
    expect(unusable(known, 'team-a')).to.deep.equal([]);
    reports.put({
      namespace: 'team-a',
      gateway: 'default',
      instance: 'i',
      contract: 1,
      version: '0',
      ready: true,
      revision: null,
      rejected: null,
      targets: [{ id: 't', unavailable: 'the file x is not there', code: 'credential' }],
      backlog: 0,
      stream: null,
      reportedAt: clock.now(),
    });
    expect(unusable(known, 'team-a')).to.deep.equal([
      {
        severity: 'error',
        file: null,
        line: null,
        column: null,
        object: 'ProviderTarget team-a/t',
        code: 'CredentialMissing',
        message: 'i: the file x is not there',
      },
    ]);
  });

  it('say what is wrong with a policy also where there is no gateway', async () => {
    const dlpFilter = { action: 'Block', detectPatterns: ['(unclosed'] };
    await store.apply(policy('p', { entries: [{ name: 'dlp', kind: 'DlpFilter', dlpFilter }] }));
    await settle();
    expect(ready('GovernancePolicy', 'p')).to.include({ status: 'False', reason: 'Invalid' });
    expect(ready('GovernancePolicy', 'p')!.message).to.contain(
      'spec.entries[0].dlpFilter.detectPatterns[0]: E017',
    );
  });

  it('leave another namespace alone', async () => {
    await store.apply(policy('p'));
    await store.apply({ ...target('t'), metadata: { name: 't', namespace: 'team-b' } });
    await settle();
    expect(children()).to.deep.equal([]);
    expect(ready('GovernancePolicy', 'p')).to.include({ reason: 'NoGateway' });
  });
});

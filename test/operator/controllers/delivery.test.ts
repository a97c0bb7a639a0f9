import { expect } from 'chai';
import { reconcileDelivery } from '../../../operator/controllers/delivery.ts';
import { createInstanceReports } from '../../../operator/domain/instance-reports.ts';
import { silentLog } from '../../../operator/runtime/log.ts';
import { type KubeObject, ObjectError, refKey, refOf } from '../../../operator/runtime/objects.ts';
import { cached } from '../../fakes/cached.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { instanceReport } from '../../fakes/instance-report.ts';

const ANNOTATION = 'governance.keeptrusts.com/config-revision';
const context = { signal: new AbortController().signal, reconcileId: 'test', log: silentLog };

/** One gateway with pods, whose annotations land in the cache as they are written. */
class Scene {
  readonly clock = new FakeClock();
  readonly reports = createInstanceReports(() => this.clock.now());
  readonly written: string[] = [];
  readonly nudges: string[] = [];
  readonly objects = new Map<string, KubeObject>();
  readonly broken = new Map<string, ObjectError>();
  readonly #reconcile = reconcileDelivery({
    cache: {
      get: (ref) => this.objects.get(refKey(ref)),
      list: (kind) => [...this.objects.values()].filter((object) => object.kind === kind),
      onChange: () => {},
    },
    pods: { annotate: (pod, annotations) => this.#annotate(pod.name, annotations[ANNOTATION]!) },
    reports: this.reports,
    nudges: { nudged: (reason, result) => void this.nudges.push(`${reason} ${result}`) },
    clock: this.clock,
  });

  look() {
    return this.#reconcile('team-a/default', context);
  }

  put(object: KubeObject): void {
    this.objects.set(refKey(refOf(object)), object);
  }

  document(number: number): void {
    const configMap = cached('ConfigMap', 'keeptrusts-default');
    const annotations = {
      'governance.keeptrusts.com/revision': String(number),
      'governance.keeptrusts.com/hash': `hash-${number}`,
    };
    this.put({ ...configMap, metadata: { ...configMap.metadata, annotations } });
  }

  pod(name: string, more: { gateway?: string; told?: string; phase?: string; ending?: boolean } = {}): void {
    const { gateway = 'default', told, phase = 'Running', ending = false } = more;
    const pod = cached('Pod', name, { status: { phase, ready: phase === 'Running' } });
    const metadata = {
      ...pod.metadata,
      labels: { 'governance.keeptrusts.com/gateway': gateway },
      ...(told === undefined ? {} : { annotations: { [ANNOTATION]: told } }),
      ...(ending ? { deletionTimestamp: '2026-01-02T03:04:05Z' } : {}),
    };
    this.put({ ...pod, metadata });
  }

  says(instance: string, number: number, code: string | null = null): void {
    const revision = { number, hash: `hash-${number}` };
    const whose = { namespace: 'team-a', gateway: 'default', revision, reportedAt: this.clock.now() };
    const targets = [{ id: 'openai', unavailable: null, code }];
    this.reports.put({ ...instanceReport(whose, 0), instance, targets });
  }

  async #annotate(name: string, told: string): Promise<void> {
    const error = this.broken.get(name);
    if (error !== undefined) throw error;
    this.written.push(`${name} ${told}`);
    this.pod(name, { told });
  }
}

describe('delivery of a document to pods', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
    scene.document(1);
    for (const name of ['a', 'b']) scene.pod(name);
    for (const name of ['a', 'b']) scene.says(name, 1);
  });

  it('writes nothing while every pod has the document', async () => {
    expect(await scene.look()).to.deep.equal({ kind: 'done' });
    await scene.clock.advance(60_000);
    for (const name of ['a', 'b']) scene.says(name, 1);
    expect(await scene.look()).to.deep.equal({ kind: 'done' });
    expect(scene.written).to.deep.equal([]);
  });

  it('tells each running pod of this gateway once, and looks again whether it took it', async () => {
    await scene.look();
    scene.pod('starting', { phase: 'Pending' });
    scene.pod('ending', { ending: true });
    scene.pod('other', { gateway: 'edge' });
    await scene.clock.advance(100);
    scene.document(2);
    await scene.look();
    expect(scene.written).to.deep.equal(['a 2', 'b 2']);
    expect(await scene.look()).to.deep.equal({ kind: 'requeue', afterMs: 2000 });
    scene.says('a', 2);
    await scene.clock.advance(2000);
    await scene.look();
    expect(scene.written.slice(2)).to.deep.equal(['b 2.1']);
    scene.says('b', 2);
    expect(await scene.look()).to.deep.equal({ kind: 'done' });
    expect(scene.nudges).to.deep.equal(['revision written', 'revision written', 'again written']);
  });

  it('tells a pod that came up with the mount of before', async () => {
    await scene.look();
    await scene.clock.advance(100);
    scene.document(2);
    for (const name of ['a', 'b']) scene.says(name, 2);
    scene.pod('late');
    expect(await scene.look()).to.deep.include({ kind: 'requeue' });
    scene.says('late', 1);
    await scene.look();
    expect(scene.written).to.deep.equal(['late 2']);
  });

  it('goes on with the others where one pod is refused, and fails so that it is tried again', async () => {
    await scene.look();
    await scene.clock.advance(100);
    scene.document(2);
    scene.broken.set('a', new ObjectError('Forbidden', 'an admission rule says no'));
    const failed = await scene.look().catch((error: unknown) => error);
    expect(failed).to.have.property('message', 'an admission rule says no');
    expect(scene.written).to.deep.equal(['b 2']);
    expect(scene.nudges).to.include('revision failed');
    scene.broken.clear();
    await scene.look();
    expect(scene.written).to.deep.equal(['b 2', 'a 2']);
  });

  it('begins anew with each credential that is refused, and does not wait as long as at the end of the last', async () => {
    const refused = async (): Promise<unknown> => {
      scene.says('a', 1, 'credential_refused');
      return scene.look();
    };
    await scene.look();
    await scene.clock.advance(10_000);
    await refused();
    expect(scene.written).to.deep.equal(['a 1']);
    expect(await refused()).to.deep.equal({ kind: 'requeue', afterMs: 4000 });
    scene.says('a', 1);
    await scene.look();
    await scene.clock.advance(2000);
    await refused();
    expect(scene.written).to.deep.equal(['a 1', 'a 1.1']);
  });

  it('passes over a pod that went meanwhile', async () => {
    await scene.look();
    await scene.clock.advance(100);
    scene.document(2);
    scene.broken.set('a', new ObjectError('NotFound', 'gone'));
    scene.broken.set('b', new ObjectError('Conflict', 'another uid'));
    await scene.look();
    expect(scene.nudges).to.deep.equal([]);
  });

  it('does nothing where the ConfigMap is gone, or no longer says what it holds', async () => {
    scene.put(cached('ConfigMap', 'keeptrusts-default'));
    expect(await scene.look()).to.deep.equal({ kind: 'done' });
    scene.objects.clear();
    expect(await scene.look()).to.deep.equal({ kind: 'done' });
  });
});

import { expect } from 'chai';
import { KubeClient } from '../../operator/kube/client.ts';
import { type Kube, loadKube } from '../../operator/kube/config.ts';
import { kubeEventSink } from '../../operator/kube/events.ts';
import { systemClock } from '../../operator/runtime/clock.ts';
import { BoundedEventRecorder } from '../../operator/runtime/event-recorder.ts';
import type { EventSubject } from '../../operator/runtime/events.ts';
import { silentLog } from '../../operator/runtime/log.ts';
import { testCluster } from '../fakes/kubectl.ts';
import { useNamespace } from '../fakes/namespaces.ts';
import { noKubeMetrics } from '../fakes/no-kube-metrics.ts';
import { policy } from '../fakes/resources.ts';

describe('events on a real API server', function () {
  this.timeout(30_000);
  const namespace = useNamespace('events');
  let kube: Kube;
  let recorder: BoundedEventRecorder;
  let subject: EventSubject;
  let results: string[];

  before(async () => {
    kube = await loadKube({ kubeconfig: testCluster().kubeconfig });
    await namespace.kubectl(['apply', '-f', '-'], policy('guard'));
    subject = JSON.parse(await namespace.kubectl(['get', 'gpol', 'guard', '-o', 'json'])) as EventSubject;
  });
  beforeEach(() => {
    results = [];
    const deps = { clock: systemClock, random: Math.random, metrics: noKubeMetrics };
    recorder = new BoundedEventRecorder({
      sink: kubeEventSink(new KubeClient(kube, deps), 'operator-0'),
      clock: systemClock,
      log: silentLog,
      metrics: { event: (result) => results.push(result) },
    });
  });
  after(() => kube.close());

  it('stand in kubectl describe and kubectl get events, with how often they came', async () => {
    const wrong = { type: 'Warning', reason: 'Invalid' } as const;
    recorder.record(subject, { ...wrong, message: 'first' });
    await recorder.drain();
    await new Promise((resolve) => setTimeout(resolve, 1100));
    recorder.record(subject, { ...wrong, message: 'second' });
    await recorder.drain();
    recorder.record(subject, { type: 'Normal', reason: 'Programmed', message: 'it runs' });
    await recorder.drain();
    expect(results).to.deep.equal(['written', 'written', 'written']);
    const described = await namespace.kubectl(['describe', 'gpol', 'guard']);
    expect(described).to.match(/Warning +Invalid +\d+s \(x2 over \d+s\) +keeptrusts-operator +second/);
    expect(described).to.match(/Normal +Programmed +\d+s +keeptrusts-operator +it runs/);
    const listed = await namespace.kubectl(['get', 'events']);
    expect(listed).to.match(/\d+s +(\(x2 over \d+s\) +)?Warning +Invalid +governancepolicy\/guard +second/);
    expect(listed.trim().split('\n')).to.have.length(3);
  });

  it('are made anew where the server has dropped them', async () => {
    const note = { type: 'Warning', reason: 'Conflicted', message: 'in the way' } as const;
    recorder.record(subject, note);
    await recorder.drain();
    await namespace.kubectl(['delete', 'events', '--all']);
    recorder.record(subject, note);
    await recorder.drain();
    const { items } = JSON.parse(await namespace.kubectl(['get', 'events', '-o', 'json'])) as {
      items: { count: number; reportingInstance: string; source: object }[];
    };
    expect(items).to.have.length(1);
    expect(items[0]).to.deep.include({
      count: 2,
      reportingInstance: 'operator-0',
      source: { component: 'keeptrusts-operator' },
    });
  });

  it('are counted and given up where the server refuses them', async () => {
    const metadata = { ...subject.metadata, namespace: 'kt-there-is-no-such-namespace' };
    recorder.record({ ...subject, metadata }, { type: 'Normal', reason: 'Programmed', message: 'm' });
    await recorder.drain();
    expect(results).to.deep.equal(['failed']);
  });
});

import { expect } from 'chai';
import { LocalCache } from '../../../operator/local/object-cache.ts';
import { conditionMetrics } from '../../../operator/telemetry/condition-metrics.ts';
import { kubeMetrics } from '../../../operator/telemetry/kube-metrics.ts';
import { OperatorMetrics } from '../../../operator/telemetry/metrics.ts';
import { cached } from '../../fakes/cached.ts';
import { FakeClock } from '../../fakes/clock.ts';

describe('metrics of the operator', () => {
  let metrics: OperatorMetrics;
  beforeEach(() => {
    metrics = new OperatorMetrics();
  });

  /** The samples of one metric, by their labels. */
  async function samples(name: string): Promise<Record<string, number>> {
    const { text } = await metrics.text();
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    return Object.fromEntries(
      lines.map((line) => {
        const [, labels, value] = /^\w+(?:\{(.*)\})? (.+)$/.exec(line)!;
        return [labels ?? '', Number(value)];
      }),
    );
  }

  it('are there from the start with every label value, so that the first of each shows as a rate', async () => {
    expect(await samples('keeptrusts_operator_drift_corrections_total')).to.deep.equal({
      'kind="ConfigMap"': 0,
      'kind="ServiceAccount"': 0,
      'kind="Service"': 0,
      'kind="Deployment"': 0,
    });
    expect(await samples('keeptrusts_operator_events_total')).to.deep.equal({
      'result="written"': 0,
      'result="failed"': 0,
      'result="dropped"': 0,
    });
    metrics.controller('gateway');
    expect(await samples('keeptrusts_operator_reconcile_total')).to.deep.equal({
      'controller="gateway",result="success"': 0,
      'controller="gateway",result="requeue_after"': 0,
      'controller="gateway",result="error"': 0,
      'controller="gateway",result="terminal_error"': 0,
    });
  });

  it('tell how long keys have been worked on', async () => {
    metrics.controller('gateway').unfinished(() => 4.5);
    expect(await samples('workqueue_unfinished_work_seconds')).to.deep.equal({ 'name="gateway"': 4.5 });
  });

  it('count what was put back and what was told', async () => {
    metrics.drift.driftCorrected('Service');
    metrics.events.event('failed');
    expect(await samples('keeptrusts_operator_drift_corrections_total')).to.include({ 'kind="Service"': 1 });
    expect(await samples('keeptrusts_operator_events_total')).to.include({ 'result="failed"': 1 });
  });

  it('count objects by what they say of themselves, as it is when asked', async () => {
    const cache = new LocalCache();
    conditionMetrics(metrics.registry, cache);
    const of = (type: string, status: string) => ({ status: { conditions: [{ type, status }] } });
    const key = (kind: string, type: string, status: string): string =>
      `kind="${kind}",type="${type}",status="${status}"`;
    const name = 'keeptrusts_operator_condition';
    expect(Object.values(await samples(name)).every((value) => value === 0)).to.equal(true);
    expect(await samples(name)).to.have.property(key('GovernanceGateway', 'Available', 'Unknown'));
    cache.put(cached('GovernancePolicy', 'a', of('Ready', 'True')));
    cache.put(cached('GovernancePolicy', 'b', of('Ready', 'False')));
    cache.put(cached('GovernancePolicy', 'c'));
    cache.put(cached('ProviderTarget', 't', of('Ready', 'True')));
    cache.put(cached('GovernancePolicy', 'a', of('Ready', 'False')));
    expect(await samples(name)).to.include({
      [key('GovernancePolicy', 'Ready', 'True')]: 0,
      [key('GovernancePolicy', 'Ready', 'False')]: 2,
      [key('GovernancePolicy', 'Ready', 'Unknown')]: 1,
      [key('ProviderTarget', 'Ready', 'True')]: 1,
    });
  });

  it('tell how the API server is followed and what is asked of it', async () => {
    const clock = new FakeClock();
    const kube = kubeMetrics(metrics.registry, clock);
    kube.synced('Service', false);
    expect(await samples('keeptrusts_operator_watch_restarts_total')).to.include({
      'kind="Service",reason="gone"': 0,
    });
    kube.synced('Service', true);
    kube.restarted('Service', 'gone');
    kube.heard('Service');
    kube.requested('apply', 'Service', 200, 0.02);
    kube.requested('apply', 'Service', 409, 0.02);
    kube.requested('watch', 'Service', 200, 20);
    await clock.advance(42_000);
    expect(await samples('keeptrusts_operator_watch_restarts_total')).to.include({
      'kind="Service",reason="gone"': 1,
    });
    expect(await samples('keeptrusts_operator_cache_synced')).to.deep.equal({ 'kind="Service"': 1 });
    expect(await samples('keeptrusts_operator_watch_last_event_age_seconds')).to.deep.equal({
      'kind="Service"': 42,
    });
    expect(await samples('keeptrusts_operator_api_requests_total')).to.deep.equal({
      'verb="apply",kind="Service",code="200"': 1,
      'verb="apply",kind="Service",code="409"': 1,
      'verb="watch",kind="Service",code="200"': 1,
    });
    expect(await samples('keeptrusts_operator_api_request_seconds_count')).to.deep.equal({
      'verb="apply"': 2,
    });
  });
});

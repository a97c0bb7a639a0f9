import { expect } from 'chai';
import { GatewayMetrics } from '../../../gateway/telemetry/metrics.ts';

function metrics(): GatewayMetrics {
  return new GatewayMetrics(() => new Set(['gpt-4o-mini']), {
    inFlight: () => 3,
    waiting: () => 1,
    eventLoopDelaySeconds: () => 0.012,
    ready: () => true,
    revision: () => ({ number: 7, hash: 'sha256:ab' }),
    spool: () => ({ bytes: 100, open: 2, dropped: 0, full: false }),
    backlog: () => null,
    undelivered: () => true,
  });
}

describe('metrics of a gateway', () => {
  it('count each combination apart and nothing twice, however often somebody scrapes', async () => {
    const one = metrics();
    one.refused('missing_key');
    one.refused('missing_key');
    one.refused('overloaded');
    expect(await one.registry.metrics()).to.include('refusals_total{code="missing_key"} 2');
    one.refused('missing_key');
    const text = await one.registry.metrics();
    expect(text)
      .to.include('refusals_total{code="missing_key"} 3')
      .and.include('refusals_total{code="overloaded"} 1');
  });

  it('have a bounded number of label combinations', async () => {
    const one = metrics();
    for (let index = 0; index < 3_000; index += 1) one.refused(`code-${index}`);
    const text = await one.registry.metrics();
    expect(text.match(/refusals_total\{/g)!.length).to.be.lessThan(2_100);
    expect(text).to.include('refusals_total{code="other"} 1000');
  });

  it('read gauges when somebody scrapes, and leave out what is not there', async () => {
    const text = await metrics().registry.metrics();
    expect(text).to.include('keeptrusts_gateway_in_flight_requests 3');
    expect(text).to.include('keeptrusts_gateway_revision_info{revision="7",hash="sha256:ab"} 1');
    expect(text).to.include('keeptrusts_gateway_event_loop_delay_seconds 0.012');
    expect(text).to.include('keeptrusts_gateway_event_delivery_failing 1');
    expect(text).to.not.match(/^keeptrusts_gateway_keys/m);
    expect(text).to.not.match(/^keeptrusts_gateway_event_backlog/m);
  });
});

import { expect } from 'chai';
import { OperatorMetrics } from '../../../operator/telemetry/metrics.ts';

describe('metrics of the operator', () => {
  it('exist from the start, so that a rate works from the first failure', async () => {
    const metrics = new OperatorMetrics();
    metrics.controller('gateway');
    const { text, contentType } = await metrics.text();
    expect(contentType).to.contain('text/plain');
    expect(text).to.contain('workqueue_depth{name="gateway"} 0');
    expect(text).to.contain('workqueue_retries_total{name="gateway"} 0');
    expect(text).to.contain(
      'keeptrusts_operator_reconcile_total{controller="gateway",result="terminal_error"} 0',
    );
  });

  it('count what a controller does', async () => {
    const metrics = new OperatorMetrics();
    const gateway = metrics.controller('gateway');
    gateway.reconciled('error', 0.02);
    gateway.depth(3);
    gateway.worked(0.2);
    const { text } = await metrics.text();
    expect(text).to.contain('keeptrusts_operator_reconcile_total{controller="gateway",result="error"} 1');
    expect(text).to.contain('workqueue_depth{name="gateway"} 3');
    expect(text).to.contain('workqueue_work_duration_seconds_count{name="gateway"} 1');
  });
});

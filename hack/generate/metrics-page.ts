import { conditionMetrics } from '../../operator/telemetry/condition-metrics.ts';
import { kubeMetrics } from '../../operator/telemetry/kube-metrics.ts';
import { createLeaderMetrics } from '../../operator/telemetry/leader-metrics.ts';
import { OperatorMetrics } from '../../operator/telemetry/metrics.ts';
import { page, table } from './markdown.ts';
import { notice, type Output } from './output.ts';

/** Those of controller-runtime that ours mean the same as, for people who have dashboards of them. */
const MIRRORS: Readonly<Record<string, string>> = {
  keeptrusts_operator_reconcile_total: 'controller_runtime_reconcile_total',
  keeptrusts_operator_reconcile_seconds: 'controller_runtime_reconcile_time_seconds',
  keeptrusts_operator_reconcile_timeouts_total: 'controller_runtime_reconcile_timeouts_total',
  keeptrusts_operator_active_workers: 'controller_runtime_active_workers',
  keeptrusts_operator_api_requests_total: 'rest_client_requests_total',
  keeptrusts_operator_api_request_seconds: 'rest_client_request_duration_seconds',
  keeptrusts_operator_leader: 'leader_election_master_status',
};

/** `docs/reference/operator-metrics.md`: what the control plane counts. */
export async function metricsPage(): Promise<Output> {
  const { registry } = new OperatorMetrics();
  conditionMetrics(registry, { get: () => undefined, list: () => [], onChange: () => {} });
  kubeMetrics(registry, { monotonic: () => 0 });
  createLeaderMetrics(registry);
  const labels = new Map(
    registry
      .getMetricsAsArray()
      .map((metric) => [metric.name, (metric as { labelNames?: string[] }).labelNames ?? []]),
  );
  const own = (await registry.getMetricsAsJSON()).filter(({ name }) => /^(keeptrusts|workqueue)_/.test(name));
  return {
    path: 'docs/reference/operator-metrics.md',
    text: page('Metrics of the control plane', notice('`operator/telemetry`'), [
      'Served at `/metrics` of the control-plane API, with those of the Node.js process. Labels have a fixed set of values: none holds the name of an object, so that their number does not grow with what is governed.',
      table(
        ['metric', 'type', 'labels', 'meaning'],
        own.map(({ name, type, help }) => [
          `\`${name}\``,
          String(type),
          (labels.get(name) ?? []).map((label) => `\`${label}\``).join(', '),
          help,
        ]),
      ),
      '## For dashboards of other operators',
      'The work queue has the names that every Kubernetes dashboard knows. The others mean the same as these:',
      table(
        ['metric', 'means the same as'],
        Object.entries(MIRRORS).map(([name, other]) => [`\`${name}\``, `\`${other}\``]),
      ),
    ]),
  };
}

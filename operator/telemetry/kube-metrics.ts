import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { KubeMetrics } from '../kube/metrics.ts';
import type { Clock } from '../runtime/clock.ts';
import { WATCH_ENDS } from '../runtime/metrics.ts';

const SECONDS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];

/** How the operator follows the API server and what it asks of it; `requests` mirrors `rest_client_requests_total`. */
export function kubeMetrics(registry: Registry, clock: Pick<Clock, 'monotonic'>): KubeMetrics {
  const registers = [registry];
  const restarts = new Counter({
    name: 'keeptrusts_operator_watch_restarts_total',
    help: 'Watches that ended, by reason; "expired" and "relist" are normal.',
    labelNames: ['kind', 'reason'] as const,
    registers,
  });
  const inSync = new Gauge({
    name: 'keeptrusts_operator_cache_synced',
    help: '1 when the cache of the kind has held everything once.',
    labelNames: ['kind'] as const,
    registers,
  });
  const requests = new Counter({
    name: 'keeptrusts_operator_api_requests_total',
    help: 'Requests to the API server; code 0 is no answer.',
    labelNames: ['verb', 'kind', 'code'] as const,
    registers,
  });
  const durations = new Histogram({
    name: 'keeptrusts_operator_api_request_seconds',
    help: 'Time of a request to the API server.',
    labelNames: ['verb'] as const,
    buckets: SECONDS,
    registers,
  });
  const heardAt = new Map<string, number>();
  new Gauge({
    name: 'keeptrusts_operator_watch_last_event_age_seconds',
    help: 'Time since the last list, object or bookmark of the kind: under 25 where etcd tells of its progress every few seconds, as kubeadm sets it; from 90 the kind is listed anew.',
    labelNames: ['kind'] as const,
    registers,
    collect() {
      for (const [kind, at] of heardAt) this.set({ kind }, (clock.monotonic() - at) / 1000);
    },
  });
  return {
    restarted: (kind, reason) => restarts.inc({ kind, reason }),
    synced(kind, synced) {
      // The first that is heard of a kind: from here on rates work.
      if (!synced) for (const reason of WATCH_ENDS) restarts.inc({ kind, reason }, 0);
      inSync.set({ kind }, synced ? 1 : 0);
    },
    heard: (kind) => void heardAt.set(kind, clock.monotonic()),
    requested(verb, kind, code, seconds) {
      requests.inc({ verb, kind, code: String(code) });
      // How long a watch is open says nothing about the server.
      if (verb !== 'watch') durations.observe({ verb }, seconds);
    },
  };
}

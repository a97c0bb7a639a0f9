import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { root } from '../../../hack/images/contents.ts';
import type { PodObject } from './objects.ts';

interface ScrapeJob {
  kubernetes_sd_configs?: { role: string }[];
  [field: string]: unknown;
}

interface Target {
  targets: string[];
  labels: Record<string, string>;
}

/**
 * Our configuration for people, for a Prometheus that finds no pods by itself, as that of Debian: it is told of them as
 * the discovery of others would, and chooses by the very rules of the file. It scrapes more often, so
 that tests need not wait.
 */
export function scrapeConfig(pods: readonly PodObject[]): string {
  const config = parse(readFileSync(join(root, 'config/prometheus/prometheus.yml'), 'utf8'));
  const jobs = config.scrape_configs as ScrapeJob[];
  const targets = pods.flatMap(targetsOf);
  const scrape_configs = jobs.map(({ kubernetes_sd_configs: [discovery] = [], ...job }) => {
    if (discovery?.role !== 'pod')
      throw new Error(`this knows how pods are discovered, not ${discovery?.role}`);
    return { ...job, static_configs: targets };
  });
  return stringify({ ...config, global: { ...config.global, scrape_interval: '3s' }, scrape_configs });
}

/** What `kubernetes_sd_configs` of role `pod` makes of a pod: a target for each port of each container. */
function targetsOf({ metadata, spec, status }: PodObject): Target[] {
  const labels = Object.entries(metadata.labels ?? {}).map(([name, value]) => [
    `__meta_kubernetes_pod_label_${name.replaceAll(/[^a-zA-Z0-9_]/g, '_')}`,
    value,
  ]);
  const ports = spec.containers.flatMap((container) => container.ports ?? []);
  return ports.map(({ name = '', containerPort }) => ({
    targets: [`${status.podIP}:${containerPort}`],
    labels: {
      ...Object.fromEntries(labels),
      __meta_kubernetes_namespace: metadata.namespace,
      __meta_kubernetes_pod_name: metadata.name,
      __meta_kubernetes_pod_phase: status.phase,
      __meta_kubernetes_pod_container_port_name: name,
    },
  }));
}

import { expect } from 'chai';
import { parse } from 'yaml';
import type { PodObject } from '../cluster/scenario/objects.ts';
import { scrapeConfig } from '../cluster/scenario/scrape-config.ts';

describe('the configuration of Prometheus in tests', () => {
  it('is ours for people, but for how pods are found', () => {
    const pod: PodObject = {
      kind: 'Pod',
      metadata: {
        name: 'web-1',
        namespace: 'shop',
        uid: '1',
        labels: { 'app.kubernetes.io/part-of': 'keeptrusts' },
      },
      spec: { containers: [{ ports: [{ name: 'admin', containerPort: 41003 }, { containerPort: 1 }] }] },
      status: { phase: 'Running', podIP: '10.0.0.1' },
    };
    const { scrape_configs: jobs } = parse(scrapeConfig([pod]));
    expect(jobs).to.have.length(1);
    const [{ job_name, relabel_configs, static_configs, ...others }] = jobs;
    expect(job_name).to.equal('keeptrusts');
    expect(relabel_configs.map(({ action = 'replace' }) => action)).to.include.members(['keep', 'drop']);
    expect(others).to.deep.equal({});
    expect(static_configs.map((one: { targets: string[] }) => one.targets)).to.deep.equal([
      ['10.0.0.1:41003'],
      ['10.0.0.1:1'],
    ]);
    expect(static_configs[0].labels).to.deep.equal({
      __meta_kubernetes_namespace: 'shop',
      __meta_kubernetes_pod_name: 'web-1',
      __meta_kubernetes_pod_phase: 'Running',
      __meta_kubernetes_pod_container_port_name: 'admin',
      __meta_kubernetes_pod_label_app_kubernetes_io_part_of: 'keeptrusts',
    });
  });
});

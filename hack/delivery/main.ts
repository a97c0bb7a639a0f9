/**
 * How long an edit takes until every pod enforces it, on a cluster with an operator: `node launcher.js hack/delivery/main.ts
 * [--kubeconfig FILE] [--pods N] [--edits N]`. `docs/performance.md` keeps the figures.
 */
import { readArguments } from '../arguments.ts';
import { Cluster } from './cluster.ts';
import { percentile } from './figures.ts';
import { measureDelivery } from './measure.ts';

const { values } = readArguments({
  options: {
    kubeconfig: { type: 'string' },
    pods: { type: 'string', default: '3' },
    edits: { type: 'string', default: '50' },
  },
});

const cluster = await Cluster.open(values.kubeconfig);
try {
  const size = { pods: Number(values.pods), edits: Number(values.edits) };
  const edits = await measureDelivery(cluster, size, console.log);
  const rows = [
    ['one pod enforces it', edits.flatMap(({ pods }) => pods)],
    ['every pod enforces it', edits.map(({ pods }) => Math.max(...pods))],
    ['the status says so', edits.map(({ programmed }) => programmed)],
  ] as const;
  console.log('| from the edit until | p50 | p95 | max |\n| --- | --- | --- | --- |');
  for (const [name, times] of rows) {
    const figures = [0.5, 0.95, 1].map((share) => seconds(percentile(times, share)));
    console.log(`| ${name} | ${figures.join(' | ')} |`);
  }
} finally {
  await cluster.close();
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

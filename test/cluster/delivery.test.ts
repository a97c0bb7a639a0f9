import { expect } from 'chai';
import { Cluster } from '../../hack/delivery/cluster.ts';
import { percentile } from '../../hack/delivery/figures.ts';
import { measureDelivery } from '../../hack/delivery/measure.ts';
import { testCluster } from '../fakes/kubectl.ts';
import { installOperator, isInstalled, removeOperator } from './scenario/install.ts';

/** Milliseconds from an edit until every pod enforces it, of 95 edits in 100. */
const LIMIT_MS = 2000;

describe('delivery of an edit to pods', function () {
  this.timeout(300_000);
  let cluster: Cluster;
  /** On somebody's cluster that had no operator before. */
  let isGuest = false;

  before(async () => {
    cluster = await Cluster.open(testCluster().kubeconfig);
    isGuest = !process.env['KT_CLUSTER_PLACE'] && !(await isInstalled());
    await installOperator(process.env);
  });
  after(async () => {
    await cluster.close();
    if (isGuest) await removeOperator(process.env);
  });

  it('check 87: three pods enforce 50 edits within two seconds, and none is restarted', async () => {
    const notes: string[] = [];
    const edits = await measureDelivery(cluster, { pods: 3, edits: 50 }, (line) => void notes.push(line));
    const times = edits.map(({ pods }) => Math.max(...pods));
    const figures = [0.5, 0.95, 1].map((share) => `${Math.round(percentile(times, share))} ms`);
    console.log(`      every pod enforces an edit after ${figures.join(', ')} (p50, p95, max)`);
    expect(percentile(times, 0.95), [...notes, ...figures].join('\n')).to.be.below(LIMIT_MS);
  });
});

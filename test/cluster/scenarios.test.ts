import { Cluster } from '../../hack/delivery/cluster.ts';
import { testCluster } from '../fakes/kubectl.ts';
import { provideClientImage } from './client/image.ts';
import { findings } from './scenario/findings.ts';
import { installOperator } from './scenario/install.ts';
import { Place } from './scenario/place.ts';
import { runSteps } from './scenario/run.ts';
import { readScenarios, type Scenario } from './scenario/scenario.ts';

/** Names of scenarios, where only some are to run. */
const wanted = process.env['KT_SCENARIOS']?.split(',');

describe('scenarios in a cluster', function () {
  this.timeout(240_000);
  const { KT_CLUSTER_PLACE: isOurs } = process.env;
  let cluster: Cluster;
  let clientImage: string;

  before(async () => {
    cluster = await Cluster.open(testCluster().kubeconfig);
    [clientImage] = await Promise.all([provideClientImage(process.env), installOperator(process.env)]);
  });
  after(() => cluster.close());

  for (const scenario of readScenarios().filter(({ name }) => wanted?.includes(name) ?? true))
    it(scenario.title, async function () {
      if (scenario.node && !isOurs) this.skip();
      await run(scenario);
    });

  async function run(scenario: Scenario): Promise<void> {
    const place = new Place(cluster, scenario.folder, `kt-${scenario.name}-${process.pid}`);
    const needsOther = scenario.steps.some(({ in: where }) => where === 'other');
    try {
      await place.prepare(clientImage, needsOther);
      await runSteps(scenario, place);
      if (process.env['KT_SCENARIO_NOTES']) console.log(place.notes.join('\n'));
    } catch (error) {
      const namespaces = needsOther ? [place.namespace, place.other] : [place.namespace];
      console.error([...place.notes, await findings(namespaces)].join('\n'));
      throw error;
    } finally {
      await place.remove();
    }
  }
});

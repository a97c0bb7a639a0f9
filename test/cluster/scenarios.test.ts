import { Cluster } from '../../hack/delivery/cluster.ts';
import { testCluster } from '../fakes/kubectl.ts';
import { findings } from './scenario/findings.ts';
import { provideImage } from './scenario/image.ts';
import { installOperator, isInstalled, removeOperator } from './scenario/install.ts';
import { Place } from './scenario/place.ts';
import { runSteps } from './scenario/run.ts';
import { readScenarios, type Scenario } from './scenario/scenario.ts';

/** How many scenarios run side by side: they wait more than they work. */
const LANES = 3;

const { KT_CLUSTER_PLACE: isOurs, KT_SCENARIOS: wanted, KT_SCENARIO_NOTES: tells } = process.env;
const chosen = readScenarios().filter(({ name }) => wanted?.split(',').includes(name) ?? true);

describe('scenarios in a cluster', function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let clientImage: string;
  /** On somebody's cluster that had no operator before. */
  let isGuest = false;
  const outcomes = new Map<Scenario, Promise<void>>();

  before(async () => {
    cluster = await Cluster.open(testCluster().kubeconfig);
    isGuest = !isOurs && !(await isInstalled());
    [clientImage] = await Promise.all([
      provideImage('KT_CLIENT_IMAGE', process.env),
      installOperator(process.env),
    ]);
    beginSideBySide(chosen.filter(({ alone }) => !alone));
  });
  after(async () => {
    await cluster.close();
    if (isGuest) await removeOperator(process.env);
  });

  for (const scenario of chosen.filter(({ alone }) => !alone))
    it(scenario.title, () => outcomes.get(scenario)!);

  // Those that do something to the node come last: it has to recover, and the others measure time.
  const alone = chosen.filter((scenario) => scenario.alone).sort((a, b) => Number(a.node) - Number(b.node));
  for (const scenario of alone)
    it(scenario.title, async function () {
      if (scenario.node && !isOurs) this.skip();
      await Promise.allSettled(outcomes.values());
      await run(scenario);
    });

  function beginSideBySide(scenarios: readonly Scenario[]): void {
    const lanes: Promise<void>[] = Array.from({ length: LANES }, () => Promise.resolve());
    for (const [index, scenario] of scenarios.entries()) {
      const outcome = lanes[index % LANES]!.then(() => run(scenario));
      outcomes.set(scenario, outcome);
      lanes[index % LANES] = outcome.catch(() => {});
    }
  }

  async function run(scenario: Scenario): Promise<void> {
    const place = new Place(cluster, scenario.folder, `kt-${scenario.name}-${process.pid}`);
    const needsOther = scenario.steps.some(({ in: where }) => where === 'other');
    try {
      await place.prepare(clientImage, needsOther);
      await runSteps(scenario, place);
      if (tells) console.log([scenario.title, ...place.notes].join('\n'));
    } catch (error) {
      const namespaces = needsOther ? [place.namespace, place.other] : [place.namespace];
      console.error([scenario.title, ...place.notes, await findings(namespaces)].join('\n'));
      throw error;
    } finally {
      await place.remove();
    }
  }
});

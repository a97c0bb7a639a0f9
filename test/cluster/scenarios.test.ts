import { Cluster } from '../../hack/delivery/cluster.ts';
import { testCluster } from '../fakes/kubectl.ts';
import { findings } from './scenario/findings.ts';
import { Images } from './scenario/image.ts';
import { installOperator, isInstalled, removeOperator } from './scenario/install.ts';
import { Place } from './scenario/place.ts';
import { noPodsEnd } from './scenario/quiet.ts';
import { runSteps } from './scenario/run.ts';
import { readScenarios, type Scenario } from './scenario/scenario.ts';

/** How many scenarios run side by side: they wait more than they work. */
const LANES = 3;

const { KT_CLUSTER_PLACE: isOurs, KT_SCENARIOS: wanted, KT_SCENARIO_NOTES: tells } = process.env;
const chosen = readScenarios().filter(({ name }) => wanted?.split(',').includes(name) ?? true);

describe('scenarios in a cluster', function () {
  this.timeout(300_000);
  let cluster: Cluster;
  const images = new Images(process.env);
  /** On somebody's cluster that had no operator before. */
  let isGuest = false;
  const outcomes = new Map<Scenario, Promise<void>>();

  before(async () => {
    cluster = await Cluster.open(testCluster().kubeconfig);
    isGuest = !isOurs && !(await isInstalled());
    await Promise.all([images.get('KT_CLIENT_IMAGE'), installOperator(process.env)]);
    beginSideBySide(chosen.filter(({ alone }) => !alone));
    // Made while the others wait. Whoever needs it is told of a fault.
    if (chosen.some(({ steps }) => steps.some(({ nextImage }) => nextImage)))
      images.get('KT_NEXT_GATEWAY_IMAGE').catch(() => {});
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
      await noPodsEnd(cluster);
      await run(scenario);
    });

  /** Each begins when one of those before it has ended, in their order. */
  function beginSideBySide(scenarios: readonly Scenario[]): void {
    const running = new Set<Promise<unknown>>();
    let turn = Promise.resolve();
    for (const scenario of scenarios) {
      const outcome = turn.then(() => run(scenario));
      outcomes.set(scenario, outcome);
      turn = turn.then(async () => {
        const place = outcome.catch(() => {}).finally(() => running.delete(place));
        running.add(place);
        if (running.size >= LANES) await Promise.race(running);
      });
    }
  }

  async function run(scenario: Scenario): Promise<void> {
    const place = new Place({ cluster, images }, scenario.folder, `kt-${scenario.name}-${process.pid}`);
    const needsOther = scenario.steps.some(({ in: where }) => where === 'other');
    try {
      await place.prepare(needsOther);
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

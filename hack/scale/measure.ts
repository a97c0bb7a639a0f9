import { loadKube } from '../../operator/kube/config.ts';
import { Fleet, type FleetSize } from './fleet.ts';
import { MeasuredOperator, type Requests, type Sample } from './operator.ts';

/** What one thing cost. */
export interface Step {
  name: string;
  /** Milliseconds until the operator was done and every object ready. */
  ms: number;
  /** What it asked of the API server, watches and lists included. */
  requests: Requests;
  /** Bytes, resident, afterwards. */
  memory: number;
  /** Seconds of CPU of the operator. */
  cpu: number;
}

/** Milliseconds of quiet after which a step counts as done. */
const QUIET_MS = 3000;

/**
 * Fills a cluster that nobody else uses, starts the operator over it, starts it again, and makes single changes.
 * Instances are faked: they take up what their gateway is given within a second and report it.
 * @throws Error when something is not done within `limitMs` milliseconds
 */
export async function measureScale(
  kubeconfig: string,
  port: number,
  size: FleetSize,
  limitMs: number,
): Promise<Step[]> {
  const kube = await loadKube({ kubeconfig });
  const fleet = new Fleet(kube, size);
  const operator = new MeasuredOperator(kubeconfig, port);
  const steps: Step[] = [];
  const to = {
    apiUrl: operator.apiUrl,
    token: (namespace: string, gateway: string) => operator.gatewayToken(namespace, gateway),
  };
  try {
    await fleet.create();
    const started = async (name: string): Promise<void> => {
      const begin = performance.now();
      await operator.start();
      fleet.runInstances(to);
      steps.push({ name, ...(await settled(operator, fleet.objects, begin, NOTHING, limitMs)) });
    };
    await started('cold start');
    await operator.stop();
    await started('restart');

    const [namespace] = fleet.namespaces as [string];
    let objects = fleet.objects;
    const change = async (name: string, work: () => Promise<unknown>, more = 0): Promise<void> => {
      const before = (await operator.sample())!;
      objects += more;
      const begin = performance.now();
      await work();
      steps.push({ name, ...(await settled(operator, objects, begin, before, limitMs)) });
    };
    await change('nothing, for 5 s', () => new Promise((resolve) => setTimeout(resolve, 5000)));
    await change('one policy edited', () => fleet.applyPolicy(namespace, 'policy-0', 'top secret'));
    await change('one target edited', () => fleet.applyTarget(namespace, 'target-0', 'bye'));
    await change('one policy added', () => fleet.applyPolicy(namespace, 'policy-new'), 1);
    await change('one policy deleted', () => fleet.deletePolicy(namespace, 'policy-new'), -1);
    await change('one Service deleted by hand', () => fleet.deleteService(namespace));
    return steps;
  } finally {
    await operator.remove();
    await fleet.remove();
    await kube.close();
  }
}

const NOTHING: Pick<Sample, 'requests' | 'cpu'> = { requests: {}, cpu: 0 };

async function settled(
  operator: MeasuredOperator,
  objects: number,
  begin: number,
  before: Pick<Sample, 'requests' | 'cpu'>,
  limitMs: number,
): Promise<Omit<Step, 'name'>> {
  let [seen, last] = ['', performance.now()];
  for (;;) {
    const sample = await operator.sample();
    if (sample === null) throw new Error('the operator does not answer');
    const now = performance.now();
    const state = JSON.stringify([sample.requests, sample.ready]);
    if (state !== seen) [seen, last] = [state, now];
    if (sample.busy === 0 && sample.ready >= objects && now - last > QUIET_MS) {
      const requests = minus(sample.requests, before.requests);
      return { ms: last - begin, requests, memory: sample.memory, cpu: sample.cpu - before.cpu };
    }
    if (now - begin > limitMs)
      throw new Error(`${sample.ready} of ${objects} objects were ready after ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function minus(after: Requests, before: Requests): Requests {
  const rest = Object.entries(after).map(([key, n]): [string, number] => [key, n - (before[key] ?? 0)]);
  return Object.fromEntries(rest.filter(([, n]) => n !== 0).sort(([a], [b]) => (a < b ? -1 : 1)));
}

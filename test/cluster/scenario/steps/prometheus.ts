import { kubectl } from '../../../fakes/kubectl.ts';
import type { PodObject } from '../objects.ts';
import type { Place } from '../place.ts';
import { prometheusObjects } from '../prometheus.ts';
import { scrapeConfig } from '../scrape-config.ts';

export interface PromqlStep {
  query: string;
  atLeast?: number;
  atMost?: number;
  withinMs?: number;
}

interface QueryResult {
  data: { result: { value: [number, string] }[] };
}

/** Milliseconds for pods to be found and asked twice. */
const SCRAPED_MS = 75_000;

/** Starts a Prometheus that is configured by what we give to people, and told of the pods that there are. */
export async function prometheus(place: Place, _: object, namespace: string): Promise<void> {
  const image = await place.images.get('KT_PROMETHEUS_IMAGE');
  const pods = await place.cluster.must('GET', '/api/v1/pods');
  const items = prometheusObjects(scrapeConfig(pods['items'] as PodObject[]), image);
  await kubectl(['-n', namespace, 'apply', '-f', '-'], { input: { apiVersion: 'v1', kind: 'List', items } });
  await kubectl(['-n', namespace, 'wait', '--for=condition=Ready', 'pod/prometheus', '--timeout=60s']);
}

/** The one value of a query comes to be within the limits. @throws Error */
export async function promql(
  place: Place,
  { query, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY, withinMs }: PromqlStep,
  namespace: string,
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods/prometheus:9090/proxy/api/v1/query`;
  const look = async (): Promise<true> => {
    const answer = await place.cluster.must('GET', `${path}?query=${encodeURIComponent(query)}`);
    const { result } = (answer as unknown as QueryResult).data;
    const [value, ...others] = result.map((one) => Number(one.value[1]));
    if (value === undefined || others.length > 0) throw new Error(`${result.length} results`);
    if (value < atLeast || value > atMost) throw new Error(`it is ${value}`);
    place.note(`${query} is ${value}`);
    return true;
  };
  await place.until(query, look, withinMs ?? SCRAPED_MS);
}

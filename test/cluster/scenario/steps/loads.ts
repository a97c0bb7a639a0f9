import type { LoadReport } from '../../client/load.ts';
import type { Place } from '../place.ts';

export interface LoadStep {
  perSecond: number;
  content: string;
  lacks?: string;
  model?: string;
  key?: string;
}

export interface StopStep {
  failedAtMost?: number;
  failedAtLeast?: number;
  refused?: boolean;
}

export async function load(place: Place, step: LoadStep, namespace: string): Promise<void> {
  const { key, model = 'echo', ...rest } = step;
  const value = key === undefined ? {} : { key: place.key(key).value };
  const baseUrl = `http://${await place.serviceOf(namespace)}:41002/v1`;
  await place.tell('/load/start', { ...rest, ...value, model, baseUrl, prefix: place.nextId() });
}

/** @throws Error with the first faults where more failed than may */
export async function stop(
  place: Place,
  { failedAtMost = 0, failedAtLeast = 0, refused = false }: StopStep,
  namespace: string,
): Promise<void> {
  const report = await place.tell<LoadReport>('/load/stop', {});
  const { sent, statuses, broken, ungoverned, faults, events } = report;
  for (const [id, event] of Object.entries(events)) place.answeredIn(namespace).set(id, event);
  const told = `${sent} requests: ${JSON.stringify({ statuses, broken, ungoverned })}`;
  place.note(told);
  const failed = Object.entries(statuses)
    .filter(([status]) => status !== '200' && !(refused && status.startsWith('4')))
    .reduce((sum, [, count]) => sum + count, broken);
  if (sent < 1 || failed > failedAtMost || failed < failedAtLeast || ungoverned > 0)
    throw new Error(`of a load of ${told}\n${faults.join('\n')}`);
}

import type { PodObject } from '../objects.ts';
import type { Place } from '../place.ts';

/** Milliseconds for a pod to end, with the longest grace that a scenario gives. */
const ENDED_MS = 60_000;

/** Waits until one of the pods that were remembered is told to end, or every one. The change is when it is seen. */
export async function ending(place: Place, how: 'one' | 'every', namespace: string): Promise<void> {
  const names = place.remembered.map(({ metadata }) => metadata.name);
  const isTold = async (): Promise<boolean> => {
    await noteEndings(place, namespace);
    const told = (name: string): boolean => place.endings.has(name);
    return how === 'one' ? names.some(told) : names.length > 0 && names.every(told);
  };
  await place.until(`${how} of ${names.join(', ')} is told to end`, isTold);
  place.changedAt = performance.now();
  place.note(`told to end: ${[...place.endings.keys()].join(', ')}`);
}

/** Waits until no pod of the gateway is about to end any more. */
export async function ended(place: Place, _: 'gateway', namespace: string): Promise<void> {
  const isOver = async (): Promise<boolean> => (await noteEndings(place, namespace)).length === 0;
  await place.until('the pods that were told to end are gone', isOver, ENDED_MS);
}

/** Remembers when the pods that end were told to, and returns them. */
async function noteEndings(place: Place, namespace: string): Promise<PodObject[]> {
  const pods = (await place.everyPod(namespace)).filter(({ metadata }) => metadata.deletionTimestamp);
  for (const { metadata } of pods) {
    const { name, deletionTimestamp, deletionGracePeriodSeconds = 0 } = metadata;
    place.endings.set(name, Date.parse(deletionTimestamp!) - deletionGracePeriodSeconds * 1000);
  }
  return pods;
}

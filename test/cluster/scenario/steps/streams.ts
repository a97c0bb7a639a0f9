import type { StreamState } from '../../client/streams.ts';
import type { Place } from '../place.ts';

export interface OpenStep {
  /** Later steps name these streams so. */
  name: string;
  content: string;
  /** Streams in each pod of the gateway. */
  each: number;
}

export interface CutStep {
  name: string;
  code: string;
  /** Milliseconds from when the pod was told to end, before which none may be cut. */
  notBeforeMs: number;
}

/** Milliseconds for streams to end that the provider has ended. */
const END_MS = 8000;

/** Opens streams that go on until a step ends them. @throws Error where one does not begin */
export async function open(
  place: Place,
  { name, content, each }: OpenStep,
  namespace: string,
): Promise<void> {
  const pods = await place.pods(namespace);
  if (pods.length === 0) throw new Error('no pod takes traffic');
  const streams = pods.flatMap(({ metadata, status }) =>
    Array.from({ length: each }, () => ({
      id: place.nextId(),
      pod: metadata.name,
      baseUrl: `http://${status.podIP}:41002/v1`,
    })),
  );
  place.streams.set(name, new Map(streams.map(({ id, pod }) => [id, pod])));
  const states = await place.tell<StreamState[]>('/streams/open', { streams, content });
  for (const { id, eventId } of states) place.answeredIn(namespace).set(id, eventId);
  expectOpen(states);
  place.note(`${states.length} streams are open in ${pods.length} pods`);
}

/** Ends the streams, which were open until now, and come whole. @throws Error with the first that does not */
export async function finish(place: Place, name: string): Promise<void> {
  const ids = idsOf(place, name);
  expectOpen(await look(place, ids));
  await place.tell('/streams/finish', { ids });
  const states = await ended(place, ids, END_MS);
  const broken = states.find(({ whole }) => !whole);
  if (broken !== undefined) throw new Error(`${states.length} streams, of which ${JSON.stringify(broken)}`);
  place.note(`${states.length} streams came whole, of ${states.map(({ parts }) => parts).join(', ')} parts`);
}

/** Waits until the gateway has ended the streams, since their pods' time was up. @throws Error */
export async function cut(place: Place, { name, code, notBeforeMs }: CutStep): Promise<void> {
  const states = await ended(place, idsOf(place, name));
  for (const state of states) {
    const pod = place.streams.get(name)!.get(state.id)!;
    const toldAt = place.endings.get(pod);
    if (toldAt === undefined) throw new Error(`${pod} was not seen to end, and ${JSON.stringify(state)}`);
    const ms = state.endedAt! - toldAt;
    place.note(`a stream was ended with ${state.code} ${ms} ms after its pod was told to end`);
    if (state.status !== 200 || state.whole || state.code !== code || ms < notBeforeMs)
      throw new Error(`${ms} ms after ${pod} was told to end: ${JSON.stringify(state)}`);
  }
}

function idsOf(place: Place, name: string): string[] {
  const streams = place.streams.get(name);
  if (streams === undefined) throw new Error(`no step opened the streams ${name}`);
  return [...streams.keys()];
}

const look = (place: Place, ids: readonly string[]): Promise<StreamState[]> =>
  place.tell<StreamState[]>('/streams/look', { ids });

function ended(place: Place, ids: readonly string[], withinMs?: number): Promise<StreamState[]> {
  const done = async (): Promise<StreamState[]> => {
    const states = await look(place, ids);
    const open = states.find(({ isOpen }) => isOpen);
    if (open !== undefined) throw new Error(`still open: ${JSON.stringify(open)}`);
    return states;
  };
  return place.until('the streams end', done, withinMs);
}

function expectOpen(states: readonly StreamState[]): void {
  const other = states.find(({ isOpen, status }) => !isOpen || status !== 200);
  if (other !== undefined) throw new Error(`a stream is not open: ${JSON.stringify(other)}`);
}

import { ktAsPerson } from '../kt.ts';
import type { Place } from '../place.ts';
import { allShipped } from './backlog.ts';

interface EventRecord {
  id: string;
  kind: string;
  instance: string;
  /** Null for one that tells of many: callers who were refused before anybody knew who they are. */
  request_id: string | null;
  facts: { count?: number } | null;
}

const DELIVERY_MS = 30_000;

/**
 * Compares the record with what the provider received and callers were answered, also when nothing is on its way to it any
 * more, and verifies the chain.
 * @throws Error
 */
export async function events(
  place: Place,
  { withinMs = DELIVERY_MS, interruptedAtLeast = 0 }: { withinMs?: number; interruptedAtLeast?: number },
  namespace: string,
): Promise<void> {
  const dispatched = await place.tell<string[]>('/upstream/dispatched', {});
  const look = async (): Promise<EventRecord[]> => {
    const list = await listed(namespace);
    const fault = faultOf(list, dispatched, place.answeredIn(namespace));
    if (fault !== null) throw new Error(fault);
    return list;
  };
  await place.until('an event for each request', look, withinMs);
  // What comes later may be a second event of a request. More may come of one that was told of and never dispatched.
  await allShipped(place, namespace, withinMs);
  const told = await look();
  const interrupted = told.filter(({ kind }) => kind === 'interrupted').length;
  const byPod = [...Map.groupBy(told, ({ instance }) => instance).values()].map(({ length }) => length);
  place.note(`${told.length} events (${byPod.join(' + ')} by pod), ${interrupted} interrupted`);
  if (interrupted < interruptedAtLeast) throw new Error(`${interrupted} events tell of an interruption`);
  const words = ['events', 'verify', '--namespace', namespace, '--allow-unanchored', '--format', 'json'];
  const { problems } = JSON.parse(await ktAsPerson(namespace, words)) as { problems: object[] };
  if (problems.length > 0) throw new Error(`the chain does not hold: ${JSON.stringify(problems)}`);
}

async function listed(namespace: string): Promise<EventRecord[]> {
  const words = ['events', 'list', '--namespace', namespace, '--limit', '20000', '--format', 'json'];
  return JSON.parse(await ktAsPerson(namespace, words)) as EventRecord[];
}

function faultOf(
  list: readonly EventRecord[],
  dispatched: readonly string[],
  answered: ReadonlyMap<string, string | null>,
): string | null {
  const ids = new Set(list.map(({ id }) => id));
  if (ids.size !== list.length) return 'an event is there twice';
  const single = list.filter(({ request_id }) => request_id !== null);
  const byRequest = new Map(single.map((event) => [event.request_id, event]));
  if (byRequest.size !== single.length) return 'a request has two events';
  const lost = dispatched.filter((id) => !byRequest.has(id));
  if (lost.length > 0) return `${lost.length} requests were dispatched without an event, such as ${lost[0]}`;
  const missing = [...answered].filter(([, event]) => event !== null && !ids.has(event));
  if (missing.length > 0) return `${missing.length} answers name no event that is there, as of ${missing[0]}`;
  const refused = [...answered.values()].filter((event) => event === null).length;
  const counted = list
    .filter(({ kind }) => kind === 'refused')
    .reduce((sum, { facts }) => sum + (facts?.count ?? 0), 0);
  if (counted < refused) return `${refused} callers were refused, and the record tells of ${counted}`;
  return null;
}

import { type Answer, type Call, call } from '../../client/call.ts';
import { forwardedPort } from '../forward.ts';
import type { Place } from '../place.ts';
import { untilAnswered } from './looks.ts';

export interface RequestStep {
  via?: 'service' | 'pods' | 'forward';
  content: string;
  model?: string;
  stream?: boolean | 'both';
  key?: string;
  withinMs?: number;
  expect: { status: number; decision?: string; code?: string; contains?: string; lacks?: string };
}

/** Milliseconds between two looks at something that comes about within a second or so, or within a minute. */
const PAUSE_MS = 50;
const LONG_PAUSE_MS = 500;
/** Milliseconds above which something takes long. */
const LONG_MS = 10_000;

/** One way to ask: to whom, and by whom. */
interface Way {
  name: string;
  baseUrl: string;
  ask(order: Call): Promise<Answer>;
}

/** Asks by every way and in every form of the step. @throws Error with the first answer that is not as expected */
export async function request(place: Place, step: RequestStep, namespace: string): Promise<void> {
  const { via = 'service', stream = 'both' } = step;
  const forms = stream === 'both' ? [false, true] : [stream];
  const since = place.changedAt;
  const { ways, end } = await waysOf(place, via, namespace);
  try {
    const asked = ways.flatMap((way) =>
      forms.map((form) => askUntil(place, step, { namespace, way, stream: form, since })),
    );
    const times = await Promise.all(asked);
    if (step.withinMs !== undefined)
      place.note(`as expected ${times.map((ms) => ms.toFixed(0)).join(', ')} ms after the change`);
  } finally {
    end();
  }
}

async function waysOf(
  place: Place,
  via: 'service' | 'pods' | 'forward',
  namespace: string,
): Promise<{ ways: Way[]; end(): void }> {
  const fromPod = (name: string, host: string): Way => ({
    name,
    baseUrl: `http://${host}:41002/v1`,
    ask: (order) => place.tell<Answer>('/call', order),
  });
  if (via === 'service') {
    return { ways: [fromPod('the Service', await place.serviceOf(namespace))], end: () => {} };
  }
  if (via === 'pods') {
    const pods = await place.pods(namespace);
    if (pods.length === 0) throw new Error('no pod takes traffic');
    return { ways: pods.map((pod) => fromPod(pod.metadata.name, pod.status.podIP!)), end: () => {} };
  }
  const { port, end } = await forwardedPort(['-n', namespace, 'service/keeptrusts-default', ':41002']);
  return { ways: [{ name: 'a forwarded port', baseUrl: `http://127.0.0.1:${port}/v1`, ask: call }], end };
}

/** @returns milliseconds since the last change */
function askUntil(
  place: Place,
  step: RequestStep,
  { namespace, way, stream, since }: { namespace: string; way: Way; stream: boolean; since: number },
): Promise<number> {
  const { withinMs = 0 } = step;
  const key = step.key === undefined ? {} : { key: place.key(step.key).value };
  const ask = async (): Promise<string | null> => {
    const id = place.nextId();
    const content = `${step.content} (request ${id})`;
    const answer = await way.ask({
      ...{ id, content, stream, baseUrl: way.baseUrl, model: step.model ?? 'echo' },
      ...key,
    });
    if (answer.status !== 0) place.answeredIn(namespace).set(id, answer.eventId);
    return faultOf(answer, step.expect);
  };
  const name = `${way.name}${stream ? ', stream' : ''}`;
  const pauseMs = withinMs > LONG_MS ? LONG_PAUSE_MS : PAUSE_MS;
  return untilAnswered(name, ask, { withinMs, pauseMs, sinceMs: () => performance.now() - since });
}

function faultOf(answer: Answer, expect: RequestStep['expect']): string | null {
  const { status, decision, code, contains, lacks } = expect;
  const isAs =
    answer.status === status &&
    (decision === undefined || answer.decision === decision) &&
    (code === undefined || answer.code === code) &&
    (contains === undefined || answer.text.includes(contains)) &&
    (lacks === undefined || !answer.text.includes(lacks));
  return isAs ? null : `${JSON.stringify(answer)} is not ${JSON.stringify(expect)}`;
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Place } from './place.ts';
import type { Scenario, Step } from './scenario.ts';
import { api, refused } from './steps/api.ts';
import { ended, ending } from './steps/endings.ts';
import { events } from './steps/events.ts';
import { key, revoke, revoked } from './steps/keys.ts';
import { kt } from './steps/kt.ts';
import { load, stop } from './steps/loads.ts';
import { absent, apply, assert, error, patch, ready, remove, rolledOut } from './steps/objects.ts';
import { nextImage, operator } from './steps/operator.ts';
import { end, kill, restart, roomForPods, samePods, toldAgain } from './steps/pods.ts';
import { prometheus, promql } from './steps/prometheus.ts';
import { request } from './steps/requests.ts';
import { mayNot, mayOnly } from './steps/rights.ts';
import { cut, finish, open } from './steps/streams.ts';

type Run = (place: Place, told: never, namespace: string) => Promise<void>;

/** What each step does. The schema has made sure that what it is told fits. */
export const RUNS: Readonly<Record<string, Run>> = {
  apply,
  delete: remove,
  patch,
  assert,
  ready,
  absent,
  error,
  request,
  load,
  stop,
  open,
  finish,
  cut,
  upstreamKey: async (place, key: string) => void (await place.tell('/upstream/key', { key })),
  key,
  revoke,
  revoked,
  kt,
  api,
  refused,
  events,
  samePods,
  toldAgain,
  ending,
  ended,
  roomForPods,
  end,
  kill,
  restart,
  operator,
  nextImage,
  rolledOut,
  prometheus,
  promql,
  mayOnly,
  mayNot,
  pauseMs: (_, ms: number) => delay(ms),
};

/** Runs the steps in order. @throws Error that begins with the step that failed */
export async function runSteps({ steps }: Scenario, place: Place): Promise<void> {
  for (const [index, step] of steps.entries()) {
    const name = nameOf(step);
    const what = `step ${index + 1}, ${name}`;
    place.note(what);
    const run = RUNS[name];
    if (run === undefined) throw new Error(`${what}: nothing runs it`);
    try {
      const told = JSON.parse(place.resolve(JSON.stringify(step[name]), step)) as never;
      await run(place, told, place.namespaceOf(step));
    } catch (fault) {
      if (fault instanceof Error) fault.message = `${what}: ${fault.message}`;
      throw fault;
    }
  }
}

function nameOf(step: Step): string {
  const names = Object.keys(step).filter((name) => name !== 'in');
  if (names.length !== 1) throw new Error(`a step with ${names.join(' and ')}`);
  return names[0]!;
}

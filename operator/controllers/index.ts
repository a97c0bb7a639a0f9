import type { InstanceReports } from '../domain/instance-reports.ts';
import { Controller, type ControllerDeps } from '../runtime/controller.ts';
import type { NudgeMetrics } from '../runtime/metrics.ts';
import type { PodAnnotator } from '../runtime/objects.ts';
import { reconcileDelivery } from './delivery.ts';
import { type GatewayControllerDeps, reconcileGateway } from './gateway.ts';
import { changesStatus, deliveryKey, gatewayKeys, statusKeys } from './mapping.ts';
import { Outcomes } from './outcomes.ts';
import { watchSilence } from './silence.ts';
import { reconcileStatus, type StatusControllerDeps } from './status.ts';
import { UnwrittenStatuses } from './unwritten.ts';

export type ControllersDeps = Omit<GatewayControllerDeps, 'outcomes'> &
  Omit<StatusControllerDeps, 'outcomes' | 'client' | 'reports'> & {
    reports: InstanceReports;
    /** Left out where there are no pods. */
    delivery?: { pods: PodAnnotator; nudges: NudgeMetrics };
    runtime(controller: string): ControllerDeps;
  };

/** Keys of each controller that are worked on at once: they wait for the API server, which is asked ten things at once. */
const WORKERS = 4;

/** Milliseconds of one reconcile: it reads memory and makes a handful of calls. */
const TIMEOUT_MS = 30_000;

/** The controllers, with every change mapped to the keys that it concerns. */
export function createControllers(deps: ControllersDeps): {
  gateway: Controller;
  status: Controller;
  /** Null where there are no pods. */
  delivery: Controller | null;
  outcomes: Outcomes;
  unwritten: UnwrittenStatuses;
} {
  const outcomes = new Outcomes();
  const unwritten = new UnwrittenStatuses();
  const { cache } = deps.client;
  const gateway = new Controller(
    { name: 'gateway', workers: WORKERS, timeoutMs: TIMEOUT_MS },
    reconcileGateway({ ...deps, outcomes }),
    deps.runtime('gateway'),
  );
  const statusRuntime = deps.runtime('status');
  const status = new Controller(
    { name: 'status', workers: WORKERS, timeoutMs: TIMEOUT_MS },
    unwritten.watch(reconcileStatus({ ...deps, outcomes })),
    statusRuntime,
  );
  const writeStatus = (namespace: string): void => {
    for (const key of statusKeys(cache, namespace)) status.queue.add(key);
  };
  cache.onChange((ref, object, previous) => {
    for (const key of gatewayKeys(cache, ref, object, previous)) gateway.queue.add(key);
    if (changesStatus(ref, object, previous)) writeStatus(ref.namespace);
  });
  outcomes.onChange(writeStatus);
  deps.reports.onChange(writeStatus);
  watchSilence({ reports: deps.reports, clock: statusRuntime.clock, onSilence: writeStatus });
  const delivery = deliveryController(deps);
  return { gateway, status, delivery, outcomes, unwritten };
}

function deliveryController(deps: ControllersDeps): Controller | null {
  if (deps.delivery === undefined) return null;
  const { cache } = deps.client;
  const delivery = new Controller(
    { name: 'delivery', workers: WORKERS, timeoutMs: TIMEOUT_MS },
    reconcileDelivery({ ...deps, ...deps.delivery, cache }),
    deps.runtime('delivery'),
  );
  cache.onChange((ref, object, previous) => {
    const key = deliveryKey(ref, object, previous);
    if (key !== null) delivery.queue.add(key);
  });
  deps.reports.onChange((namespace, gateway) => delivery.queue.add(`${namespace}/${gateway}`));
  return delivery;
}

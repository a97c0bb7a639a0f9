import { setImmediate } from 'node:timers/promises';
import { createConfigWriter } from '../../gateway/contract/write.ts';
import { decide, judge } from '../domain/decide.ts';
import type { Linter } from '../domain/lint.ts';
import { KINDS, type Policy, type Snapshot } from '../domain/snapshot.ts';
import { renderGateway } from '../render/index.ts';
import type { Clock } from '../runtime/clock.ts';
import { DONE, type Reconcile, TerminalError } from '../runtime/controller.ts';
import type { DriftMetrics } from '../runtime/metrics.ts';
import { type ObjectCache, type ObjectClient, ObjectError } from '../runtime/objects.ts';
import { renewedAccount } from './account.ts';
import { type Archive, onlyNews } from './archive.ts';
import { Children } from './children.ts';
import { gatewayNames, gatherSnapshot, ownersOf, policiesOf, shapeOf, targetsOf } from './gather.ts';
import type { Failure, Outcomes } from './outcomes.ts';
import { Contested, NotOurs } from './ownership.ts';
import { Settling } from './settling.ts';

export interface GatewayControllerDeps {
  client: ObjectClient;
  outcomes: Outcomes;
  linter: Linter;
  image: string;
  /** Whether Deployments are to be left alone by the cluster's own controllers. */
  paused: boolean;
  /** Where gateways report to; null for nowhere. */
  controlPlane: Snapshot['controlPlane'];
  archive: Archive;
  drift: DriftMetrics;
  clock: Pick<Clock, 'monotonic'>;
  /** Milliseconds that a new implicit gateway is waited with; left out where one made for nothing costs nothing. */
  settleMs?: number;
}

/** The main loop: one gateway, from the objects of its namespace to its own objects. Keys are `namespace/gateway`. */
export function reconcileGateway(deps: GatewayControllerDeps): Reconcile {
  const { client, outcomes, linter } = deps;
  const archive = onlyNews(deps.archive);
  const children = new Children(deps);
  const tools = { linter, write: createConfigWriter() };
  const settling = new Settling({ ...deps, cache: client.cache }, deps.settleMs ?? 0);
  return async (key, { signal, log }) => {
    const [namespace, gateway] = key.split('/') as [string, string];
    const names = gatewayNames(client.cache, namespace);
    if (!names.includes(gateway)) {
      settling.forget(namespace, gateway);
      await children.prune(namespace, gateway, []);
      outcomes.remove(namespace, gateway);
      if (names.length > 0) return DONE;
      // Its objects are judged all the same: people want to know, and the first gateway builds on what was valid.
      const { cache } = client;
      if (!(await lintAll(cache, namespace, deps, signal))) return LATER;
      const objects = { policies: policiesOf(cache, namespace), targets: targetsOf(cache, namespace) };
      outcomes.setUngoverned(
        namespace,
        judge({ ...objects, accepted: outcomes.accepted(namespace) }, linter),
      );
      await archive.keepAccepted(namespace, outcomes.accepted(namespace));
      return DONE;
    }
    const afterMs = settling.waitMs(namespace, gateway);
    if (afterMs > 0) return { kind: 'requeue', afterMs };
    if (!(await lintAll(client.cache, namespace, deps, signal))) return LATER;
    const snapshot = gatherSnapshot(client.cache, namespace, gateway, {
      controlPlane: deps.controlPlane,
      accepted: outcomes.accepted(namespace),
      given: outcomes.revision(namespace, gateway),
    });
    const decision = decide(snapshot, tools);
    if (decision.refused !== null) {
      // What the instances run is better than what they would refuse, so nothing is touched.
      const message = `the compiled document is refused: ${decision.refused}`;
      outcomes.set({ namespace, gateway, decision, failure: { reason: 'ConfigRefused', message } });
      throw new TerminalError(message);
    }
    const manifests = renderGateway({
      namespace,
      gateway,
      owners: ownersOf(client.cache, snapshot),
      shape: shapeOf(client.cache, snapshot),
      image: deps.image,
      paused: deps.paused,
      reports: deps.controlPlane !== null,
      renewedAccount: renewedAccount(client.cache, namespace, gateway),
      ...decision,
    });
    // Before any instance can name it. A store that is down must not keep a rule from being enforced: then the
    // document goes out, and the failure is retried.
    const archived = await settled(
      archive.keepRevision({ namespace, gateway, ...decision.revision, ...decision }),
    );
    try {
      await children.apply(manifests, { signal, log });
      await children.prune(namespace, gateway, manifests);
    } catch (error) {
      outcomes.set({ namespace, gateway, decision, failure: failureOf(error) });
      throw laterOf(error);
    }
    outcomes.set({ namespace, gateway, decision, failure: null });
    if (decision.revision.number !== snapshot.previous?.number) {
      log.info(
        { revision: decision.revision.number, hash: decision.revision.hash },
        'compiled a new revision',
      );
    }
    if (archived !== null) throw archived;
    await archive.keepAccepted(namespace, outcomes.accepted(namespace));
    return DONE;
  };
}

/** Milliseconds that one turn waits for patterns to be judged, and after which it is looked again how far they are. */
const JUDGING_MS = 500;
const LATER = { kind: 'requeue', afterMs: 100 } as const;

/**
 * Lints each object that changed in a turn of its own, so that the decision only remembers. Patterns are judged before,
 * also those of what was accepted last, which may still be in force. False where they take longer than a turn: those
 * of one namespace must not keep the gateways of others waiting.
 */
async function lintAll(
  cache: ObjectCache,
  namespace: string,
  { linter, outcomes }: Pick<GatewayControllerDeps, 'linter' | 'outcomes'>,
  signal: AbortSignal,
): Promise<boolean> {
  const turn = AbortSignal.any([signal, AbortSignal.timeout(JUDGING_MS)]);
  for (const accepted of outcomes.accepted(namespace))
    if (accepted.kind === KINDS.policy && !(await linter.prepare(accepted as Policy, turn))) return false;
  for (const policy of policiesOf(cache, namespace)) {
    if (!(await linter.prepare(policy, turn))) return false;
    linter.policy(policy);
    await setImmediate();
  }
  return true;
}

/** What people have to know; null for what passes by itself, as it is tried again: until then the gateway is pending. */
function failureOf(error: unknown): Failure | null {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof NotOurs || error instanceof Contested) return { reason: 'Conflicted', message };
  if (!(error instanceof ObjectError)) return null;
  if (error.reason === 'TooLarge') return { reason: 'ConfigTooLarge', message };
  const refused = error.reason === 'Invalid' || error.reason === 'Forbidden';
  return refused ? { reason: 'ApplyFailed', message } : null;
}

/** Milliseconds after which it is looked again whether an object in the way has gone: nobody tells of foreign objects. */
const CONFLICT_MS = 30_000;

/** Milliseconds after which an object that others change again and again is put back once more. */
const CONTESTED_MS = 5000;

/**
 * Milliseconds. What is refused may be refused by an admission rule, or for its size by something in between, and those
 * change without a word to us. With what the controller adds it is less than half a minute.
 */
const REFUSED_MS = 15_000;

function laterOf(error: unknown): unknown {
  if (error instanceof NotOurs) return terminal(error, CONFLICT_MS);
  if (error instanceof Contested) return terminal(error, CONTESTED_MS);
  if (!(error instanceof ObjectError)) return error;
  const refused = error.reason === 'TooLarge' || error.reason === 'Invalid';
  return refused ? terminal(error, REFUSED_MS) : error;
}

function terminal(cause: Error, againMs?: number): TerminalError {
  return new TerminalError(cause.message, { cause, ...(againMs === undefined ? {} : { againMs }) });
}

async function settled(work: Promise<void>): Promise<unknown> {
  try {
    await work;
    return null;
  } catch (error) {
    return error;
  }
}

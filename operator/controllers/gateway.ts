import { type Decision, decide } from '../domain/decide.ts';
import type { Linter } from '../domain/lint.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { renderGateway } from '../render/index.ts';
import { DONE, type Reconcile, TerminalError } from '../runtime/controller.ts';
import { type ObjectClient, ObjectError } from '../runtime/objects.ts';
import { applyAll, NotOurs, prune } from './apply.ts';
import { gatewayNames, gatherSnapshot, ownersOf, shapeOf } from './gather.ts';
import type { Failure, Outcomes } from './outcomes.ts';

/** A compiled revision, kept as long as events name it. */
export interface Revision {
  namespace: string;
  gateway: string;
  number: number;
  hash: string;
  document: string;
  objects: Decision['objects'];
}

export interface GatewayControllerDeps {
  client: ObjectClient;
  outcomes: Outcomes;
  linter: Linter;
  image: string;
  /** Where gateways report to; null for nowhere. */
  controlPlane: Snapshot['controlPlane'];
  /** Keeps the revision by its hash. */
  archive(revision: Revision): Promise<void>;
}

/** The main loop: one gateway, from the objects of its namespace to its own objects. Keys are `namespace/gateway`. */
export function reconcileGateway(deps: GatewayControllerDeps): Reconcile {
  const { client, outcomes } = deps;
  return async (key, { signal, log }) => {
    const [namespace, gateway] = key.split('/') as [string, string];
    if (!gatewayNames(client.cache, namespace).includes(gateway)) {
      await prune(client, namespace, gateway, []);
      outcomes.remove(namespace, gateway);
      return DONE;
    }
    const snapshot = gatherSnapshot(client.cache, namespace, gateway, {
      controlPlane: deps.controlPlane,
      accepted: outcomes.accepted(namespace),
    });
    const decision = decide(snapshot, deps.linter);
    if (decision.refused !== null) {
      // What the instances run is better than what they would refuse, so nothing is touched.
      const message = `the compiled document is refused: ${decision.refused}`;
      outcomes.set({ namespace, gateway, decision, failure: { reason: 'GatewayFailed', message } });
      throw new TerminalError(message);
    }
    const manifests = renderGateway({
      namespace,
      gateway,
      owners: ownersOf(client.cache, snapshot),
      shape: shapeOf(snapshot),
      image: deps.image,
      reports: deps.controlPlane !== null,
      ...decision,
    });
    // Before any instance can name it. A store that is down must not keep a rule from being enforced: then the
    // document goes out, and the failure is retried.
    const archived = await settled(deps.archive({ namespace, gateway, ...decision.revision, ...decision }));
    try {
      await applyAll(client, manifests, signal);
      await prune(client, namespace, gateway, manifests);
    } catch (error) {
      outcomes.set({ namespace, gateway, decision, failure: failureOf(error) });
      throw isTerminal(error) ? new TerminalError((error as Error).message, { cause: error }) : error;
    }
    outcomes.set({ namespace, gateway, decision, failure: null });
    if (decision.revision.number !== snapshot.previous?.number) {
      log.info(
        { revision: decision.revision.number, hash: decision.revision.hash },
        'compiled a new revision',
      );
    }
    if (archived !== null) throw archived;
    return DONE;
  };
}

function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof NotOurs) return { reason: 'Conflicted', message };
  const tooLarge = error instanceof ObjectError && error.reason === 'TooLarge';
  return { reason: tooLarge ? 'ConfigTooLarge' : 'GatewayFailed', message };
}

/** What the next change of an object may mend, and trying again cannot. */
function isTerminal(error: unknown): boolean {
  if (error instanceof NotOurs) return true;
  return error instanceof ObjectError && (error.reason === 'Invalid' || error.reason === 'TooLarge');
}

async function settled(work: Promise<void>): Promise<unknown> {
  try {
    await work;
    return null;
  } catch (error) {
    return error;
  }
}

import { createHash } from 'node:crypto';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { DriftMetrics } from '../runtime/metrics.ts';
import {
  type KubeObject,
  type Manifest,
  type ObjectClient,
  ObjectError,
  refKey,
  refOf,
} from '../runtime/objects.ts';
import { Contested, childRefs, isChild, isOurs, NotOurs } from './ownership.ts';

export interface ChildrenDeps {
  client: ObjectClient;
  drift: DriftMetrics;
  clock: Pick<Clock, 'monotonic'>;
}

/** Corrections of one object within a minute, after which there is one every 5 s: two that fight are a load for all. */
const MAX_CORRECTIONS = 5;
const CORRECTIONS_MS = 60_000;
const SPACING_MS = 5000;

/** What an apply is refused with that would change what is immutable; anything else is no reason to delete. */
const IMMUTABLE = /field is immutable when `immutable` is set/;

interface RunContext {
  signal: AbortSignal;
  log: Log;
}

/** What we applied last and what came of it, as digests. */
interface Applied {
  uid: string;
  intent: string;
  content: string;
}

interface Step {
  manifest: Manifest;
  intent: string;
  existing: KubeObject | undefined;
  /** We had applied the same before, and it is no longer there as it was. */
  drifted: boolean;
}

/**
 * Brings the objects of gateways to what is wanted. An object that is as our last apply of the same intent left it
 * costs no call; a new process applies everything once, which also gives up what an older release set.
 */
export class Children {
  readonly #deps: ChildrenDeps;
  readonly #applied = new Map<string, Applied>();
  /** When each object was put back, in monotonic milliseconds. */
  readonly #corrections = new Map<string, number[]>();

  constructor(deps: ChildrenDeps) {
    this.#deps = deps;
  }

  /**
   * Applies in the order given. Nothing is taken over: while an object is in the way nothing is made, and only what
   * is there is brought up to date, since a rule must reach the instances that run.
   * @throws NotOurs
   * @throws Contested
   * @throws ObjectError
   */
  async apply(manifests: readonly Manifest[], { signal, log }: RunContext): Promise<void> {
    const steps: Step[] = [];
    for (const manifest of manifests) {
      const step = await this.#look(manifest);
      if (step !== null) steps.push(step);
    }
    const foreign = steps.find(
      ({ existing, manifest }) => existing !== undefined && !isOurs(existing, manifest),
    );
    const contested = steps.find((step) => step.drifted && this.#recent(step).length >= MAX_CORRECTIONS);
    for (const step of steps) {
      const { existing, manifest } = step;
      if (foreign !== undefined && (existing === undefined || !isOurs(existing, manifest))) continue;
      if (step.drifted && this.#isTooSoon(step)) continue;
      signal.throwIfAborted();
      await this.#applyOne(step, log);
    }
    if (foreign !== undefined) throw new NotOurs(foreign.manifest);
    if (contested !== undefined) throw new Contested(contested.manifest);
  }

  /** Deletes the objects of a gateway that are not among the wanted. */
  async prune(namespace: string, gateway: string, wanted: readonly Manifest[]): Promise<void> {
    const { client } = this.#deps;
    const keep = new Set(wanted.map((manifest) => refKey(refOf(manifest))));
    for (const ref of childRefs(namespace, gateway)) {
      if (keep.has(refKey(ref))) continue;
      const uid = this.#applied.get(refKey(ref))?.uid;
      const cached = client.cache.get(ref);
      // Without our labels the cache of a cluster does not show it; what we applied ourselves is ours all the same.
      const child = cached === undefined && uid !== undefined ? await client.read(ref) : cached;
      if (child !== undefined && (isChild(child, gateway) || child.metadata.uid === uid)) {
        await client.delete(ref, child.metadata.uid);
      }
      // The cluster may have collected it before us.
      this.#applied.delete(refKey(ref));
      this.#corrections.delete(refKey(ref));
    }
  }

  /** What is to be done about one object; null for nothing. */
  async #look(manifest: Manifest): Promise<Step | null> {
    const { client } = this.#deps;
    const ref = refOf(manifest);
    const applied = this.#applied.get(refKey(ref));
    const intent = digest(manifest);
    const cached = client.cache.get(ref);
    const asLeft = applied !== undefined && cached !== undefined && contentOf(cached) === applied.content;
    const sameIntent = applied?.intent === intent;
    if (asLeft && sameIntent) return null;
    if (cached !== undefined && !sameIntent) return { manifest, intent, existing: cached, drifted: false };
    // The cache may not have heard of it yet, and what is not ours must not be taken over for that. Nor is it drift
    // when the cache has not yet heard of what we did ourselves.
    const existing = await client.read(ref);
    if (sameIntent && existing !== undefined && contentOf(existing) === applied.content) return null;
    return { manifest, intent, existing, drifted: sameIntent };
  }

  async #applyOne(step: Step, log: Log): Promise<void> {
    const { manifest, existing, drifted } = step;
    // Held to the object that was checked: another one that took the name since is not ours.
    const uid = existing === undefined ? {} : { uid: existing.metadata.uid };
    const held = { ...manifest, metadata: { ...manifest.metadata, ...uid } };
    let result: KubeObject;
    try {
      result = await this.#deps.client.apply(held);
    } catch (error) {
      if (!(error instanceof ObjectError && IMMUTABLE.test(error.message))) throw error;
      result = await this.#makeAnew(manifest, error);
      this.#remember(step, result);
      this.#corrected(step, log);
      return;
    }
    const content = this.#remember(step, result);
    // What others only added to is as it was: fields that we do not set are theirs.
    if (drifted && (existing === undefined || contentOf(existing) !== content)) this.#corrected(step, log);
  }

  /**
   * What was made immutable by a hand can only be replaced, and a rule must not be kept out by that. What runs has its
   * copy of the old one until the new one is there.
   * @throws the refusal, where that is not the cause
   */
  async #makeAnew(manifest: Manifest, refusal: ObjectError): Promise<KubeObject> {
    const { client } = this.#deps;
    const live = await client.read(refOf(manifest));
    if (live?.['immutable'] !== true || !isOurs(live, manifest)) throw refusal;
    await client.delete(refOf(manifest), live.metadata.uid);
    return client.apply(manifest);
  }

  /** The digest of what an apply left. */
  #remember({ manifest, intent }: Step, result: KubeObject): string {
    const content = contentOf(result);
    this.#applied.set(refKey(refOf(manifest)), { uid: result.metadata.uid, intent, content });
    return content;
  }

  #corrected(step: Step, log: Log): void {
    const { kind, metadata } = step.manifest;
    const key = refKey(refOf(step.manifest));
    this.#corrections.set(key, [...this.#recent(step), this.#deps.clock.monotonic()]);
    this.#deps.drift.driftCorrected(kind);
    const object = `${kind} ${metadata.namespace}/${metadata.name}`;
    log.info({ object }, 'put back what others had changed');
  }

  /** When an object was put back within the last minute. */
  #recent({ manifest }: Step): number[] {
    const since = this.#deps.clock.monotonic() - CORRECTIONS_MS;
    return (this.#corrections.get(refKey(refOf(manifest))) ?? []).filter((at) => at > since);
  }

  #isTooSoon(step: Step): boolean {
    const recent = this.#recent(step);
    return recent.length >= MAX_CORRECTIONS && this.#deps.clock.monotonic() - recent.at(-1)! < SPACING_MS;
  }
}

/** Everything of an object that somebody may want to have as it is; not what counts writes, nor the status. */
function contentOf({ status: _, metadata, ...content }: KubeObject): string {
  const { uid, labels, annotations, ownerReferences } = metadata;
  return digest({ ...content, metadata: { uid, labels, annotations, ownerReferences } });
}

function digest(value: unknown): string {
  const sorted = (_: string, member: unknown): unknown =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member;
  return createHash('sha256').update(JSON.stringify(value, sorted)).digest('base64');
}

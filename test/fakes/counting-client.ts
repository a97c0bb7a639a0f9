import {
  type KubeObject,
  type Manifest,
  type ObjectCache,
  type ObjectClient,
  type ObjectRef,
  refOf,
} from '../../operator/runtime/objects.ts';

/** Passes calls on and writes down each, as `verb Kind/name`. */
export class CountingClient implements ObjectClient {
  readonly calls: string[] = [];
  readonly #inner: ObjectClient;

  constructor(inner: ObjectClient) {
    this.#inner = inner;
  }

  get cache(): ObjectCache {
    return this.#inner.cache;
  }

  read(ref: ObjectRef): Promise<KubeObject | undefined> {
    return this.#count('read', ref, () => this.#inner.read(ref));
  }

  apply(manifest: Manifest): Promise<KubeObject> {
    return this.#count('apply', refOf(manifest), () => this.#inner.apply(manifest));
  }

  applyStatus(manifest: Manifest): Promise<KubeObject> {
    return this.#count('status', refOf(manifest), () => this.#inner.applyStatus(manifest));
  }

  delete(ref: ObjectRef, uid: string): Promise<void> {
    return this.#count('delete', ref, () => this.#inner.delete(ref, uid));
  }

  /** The calls since this was last asked, with how often each was made. */
  take(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const call of this.calls.splice(0)) counts[call] = (counts[call] ?? 0) + 1;
    return counts;
  }

  #count<T>(verb: string, { kind, name }: ObjectRef, call: () => Promise<T>): Promise<T> {
    this.calls.push(`${verb} ${kind}/${name}`);
    return call();
  }
}

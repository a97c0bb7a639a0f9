import type {
  ChangeListener,
  KubeObject,
  Manifest,
  ObjectCache,
  ObjectClient,
  ObjectRef,
} from '../../operator/runtime/objects.ts';

/**
 * Passes everything on, and while it is held keeps changes back from those who listen. So the controllers see the
 * objects of one step together, as they see the files of a folder, and revisions have the numbers that a scenario says.
 */
export class HeldClient implements ObjectClient {
  readonly cache: ObjectCache;
  readonly #inner: ObjectClient;
  readonly #listeners: ChangeListener[] = [];
  #kept: Parameters<ChangeListener>[] | null = null;
  /** Changes that were seen, kept back or not. */
  changes = 0;
  /** Calls that have not been answered. */
  inFlight = 0;

  constructor(inner: ObjectClient) {
    this.#inner = inner;
    const { cache } = inner;
    cache.onChange((...change) => {
      this.changes += 1;
      if (this.#kept !== null) this.#kept.push(change);
      else this.#tell(change);
    });
    this.cache = {
      get: (ref) => cache.get(ref),
      list: (kind, namespace) => cache.list(kind, namespace),
      onChange: (listener) => void this.#listeners.push(listener),
    };
  }

  hold(): void {
    this.#kept ??= [];
  }

  release(): void {
    const kept = this.#kept ?? [];
    this.#kept = null;
    for (const change of kept) this.#tell(change);
  }

  read(ref: ObjectRef): Promise<KubeObject | undefined> {
    return this.#counted(this.#inner.read(ref));
  }

  apply(manifest: Manifest): Promise<KubeObject> {
    return this.#counted(this.#inner.apply(manifest));
  }

  applyStatus(manifest: Manifest): Promise<KubeObject> {
    return this.#counted(this.#inner.applyStatus(manifest));
  }

  delete(ref: ObjectRef, uid: string): Promise<void> {
    return this.#counted(this.#inner.delete(ref, uid));
  }

  async #counted<T>(call: Promise<T>): Promise<T> {
    this.inFlight += 1;
    try {
      return await call;
    } finally {
      this.inFlight -= 1;
    }
  }

  #tell(change: Parameters<ChangeListener>): void {
    for (const listener of this.#listeners) listener(...change);
  }
}

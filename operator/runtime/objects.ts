/**
 * The interface between controllers and whatever holds the objects: files of a folder (`operator/local`) or an API
 * server (`operator/kube`). Controllers cannot tell which.
 */
export interface ObjectMeta {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
  generation: number;
  creationTimestamp: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  /** Set from when it is to end. */
  deletionTimestamp?: string;
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
}

/** An object as it is stored. Whoever gets one must not change it: the cache hands out its own copy. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: unknown;
  status?: unknown;
  data?: Record<string, string>;
  [field: string]: unknown;
}

/**
 * What is sent to `apply`: the whole intent. Server-set metadata is left out, but for the uid where another object
 * that took the name must not be written to (`Conflict`).
 */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: Pick<ObjectMeta, 'name' | 'namespace'> &
    Partial<Pick<ObjectMeta, 'uid' | 'labels' | 'annotations' | 'ownerReferences'>>;
  spec?: unknown;
  status?: unknown;
  data?: Record<string, string>;
  [field: string]: unknown;
}

export interface ObjectRef {
  kind: string;
  namespace: string;
  name: string;
}

export type ChangeListener = (
  ref: ObjectRef,
  object: KubeObject | undefined,
  previous: KubeObject | undefined,
) => void;

/**
 * A cached, watched view of all objects of the watched kinds. Reading never waits. It may lag behind what was written,
 * by us too: what must not be decided on an old view asks `read`.
 */
export interface ObjectCache {
  get(ref: ObjectRef): KubeObject | undefined;
  /** In order of `namespace/name`. */
  list(kind: string, namespace?: string): readonly KubeObject[];
  /** Called with the reference of every object that was added, changed or deleted. Level, not edge. */
  onChange(listener: ChangeListener): void;
}

/** @throws ObjectError */
export interface ObjectClient {
  readonly cache: ObjectCache;
  /** The object as it is now, past the cache; undefined when there is none. */
  read(ref: ObjectRef): Promise<KubeObject | undefined>;
  /** An apply that changes nothing leaves the resourceVersion alone. The status is not touched. */
  apply(manifest: Manifest): Promise<KubeObject>;
  /** Writes the status subresource only; `generation` does not move. */
  applyStatus(manifest: Manifest): Promise<KubeObject>;
  /** No error when the object is gone already; refused when another object took the name. */
  delete(ref: ObjectRef, uid: string): Promise<void>;
}

/** The one thing that is ever written to a pod. */
export interface PodAnnotator {
  /** Merges annotations into those that the pod has. @throws ObjectError `NotFound` or `Conflict` where it is gone */
  annotate(
    pod: { namespace: string; name: string; uid: string },
    annotations: Readonly<Record<string, string>>,
  ): Promise<void>;
}

export class ObjectError extends Error {
  /**
   * `Forbidden`: missing rights, a quota, an admission rule. `Ending`: the namespace is being deleted or is gone, so that
   * nothing can be made in it. `Unavailable`: no answer, or not now.
   */
  readonly reason: 'NotFound' | 'Conflict' | 'Invalid' | 'TooLarge' | 'Forbidden' | 'Ending' | 'Unavailable';
  /** Milliseconds that are to pass before the next try; undefined where nothing was asked for. */
  readonly retryAfterMs: number | undefined;
  constructor(reason: ObjectError['reason'], message: string, retryAfterMs?: number) {
    super(message);
    this.name = 'ObjectError';
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** `Kind/namespace/name`: one object among all, as a map key. */
export function refKey(ref: ObjectRef): string {
  return `${ref.kind}/${ref.namespace}/${ref.name}`;
}

export function refOf(object: { kind: string; metadata: { namespace: string; name: string } }): ObjectRef {
  return { kind: object.kind, namespace: object.metadata.namespace, name: object.metadata.name };
}

import { sameJson } from '../runtime/json.ts';
import {
  type KubeObject,
  type ObjectClient,
  ObjectError,
  type ObjectRef,
  refKey,
  refOf,
} from '../runtime/objects.ts';

/** Statuses over a cache that may lag behind what we wrote ourselves. */
export interface LatestStatus {
  /** The object with the status that was written last, by us or by others; undefined when it is gone. */
  read(ref: ObjectRef): Promise<KubeObject | undefined>;
  /** Writes a status. Answers false when the object was deleted meanwhile, which is no error. */
  write(object: KubeObject, status: object): Promise<boolean>;
}

/**
 * A status that is made from an older one writes its changes, and their times, once more. So where the cache does not
 * show what we wrote last, or shows no object at all, the API is asked (envoyproxy/gateway issue #9536).
 */
export function latestStatus(client: ObjectClient): LatestStatus {
  const written = new Map<string, { uid: string; status: unknown }>();
  client.cache.onChange((ref, object) => {
    if (object === undefined) written.delete(refKey(ref));
  });
  return {
    async read(ref) {
      const key = refKey(ref);
      const cached = client.cache.get(ref);
      const last = written.get(key);
      const shown =
        last === undefined || last.uid !== cached?.metadata.uid || sameJson(cached.status, last.status);
      if (cached !== undefined && shown) {
        // A cache only goes forward.
        written.delete(key);
        return cached;
      }
      const object = await client.read(ref);
      if (object === undefined) written.delete(key);
      return object;
    },
    async write(object, status) {
      const { apiVersion, kind, metadata } = object;
      const { namespace, name, uid } = metadata;
      const key = refKey(refOf(object));
      try {
        // Held to its uid: one that was made anew has done nothing yet that this status speaks of.
        const result = await client.applyStatus({
          apiVersion,
          kind,
          metadata: { namespace, name, uid },
          status,
        });
        written.set(key, { uid, status: result.status });
        return true;
      } catch (error) {
        written.delete(key);
        if (error instanceof ObjectError && error.reason === 'NotFound') return false;
        throw error;
      }
    },
  };
}

import { deepFreeze, isRecord } from '../runtime/json.ts';
import { type KubeObject, ObjectError, type ObjectMeta } from '../runtime/objects.ts';
import type { Resource } from './resources.ts';

/** The server sent what an API server does not send. */
export class Malformed extends ObjectError {
  constructor(message: string) {
    super('Unavailable', `the API server sent ${message}`);
    this.name = 'Malformed';
  }
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * An object of an answer, frozen. Without `managedFields` and kubectl's copy of the manifest, which may be larger than
 * the rest. Items of a list do not name their kind.
 *
 * @throws Malformed without the metadata that every stored object has
 */
export function decodeObject(raw: unknown, { kind, apiVersion, summary }: Resource): KubeObject {
  if (!isRecord(raw) || !isRecord(raw['metadata'])) throw new Malformed(`a ${kind} without metadata`);
  const { managedFields: _, annotations, ...metadata } = raw['metadata'];
  for (const field of ['name', 'uid', 'resourceVersion']) {
    if (typeof metadata[field] !== 'string' || metadata[field] === '') {
      throw new Malformed(`a ${kind} without metadata.${field}`);
    }
  }
  const named = raw['kind'] ?? kind;
  if (named !== kind) throw new Malformed(`a ${String(named)} where a ${kind} was expected`);
  const meta = {
    namespace: '',
    // Kinds without a specification have none.
    generation: 0,
    ...metadata,
    ...(isRecord(annotations) ? { annotations: withoutLastApplied(annotations) } : {}),
  } as unknown as ObjectMeta;
  return deepFreeze({ ...(summary?.(raw) ?? raw), apiVersion, kind, metadata: meta });
}

function withoutLastApplied(annotations: Record<string, unknown>): Record<string, unknown> {
  const { [LAST_APPLIED]: _, ...rest } = annotations;
  return rest;
}

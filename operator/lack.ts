import { gatewayNames } from './controllers/gather.ts';
import { KINDS } from './domain/snapshot.ts';
import type { ObjectCache } from './runtime/objects.ts';

/** Why there is no gateway, in words that follow "no gateway"; null where there is one. `emptiness` is for no object. */
export function lackOf(cache: ObjectCache, namespaces: readonly string[], emptiness: string): string | null {
  if (namespaces.some((namespace) => gatewayNames(cache, namespace).length > 0)) return null;
  const missing = namespaces.map((namespace) => `${namespace} has ${missingIn(cache, namespace)}`);
  return missing.length > 0 ? missing.join(', ') : emptiness;
}

/** What a namespace without a gateway would need for one. */
export function missingIn(cache: ObjectCache, namespace: string): string {
  const absent = [
    ...(cache.list(KINDS.policy, namespace).length === 0 ? ['no policy'] : []),
    ...(cache.list(KINDS.target, namespace).length === 0 ? ['no target'] : []),
  ];
  return absent.length === 0 ? 'no such gateway any more' : absent.join(' and ');
}

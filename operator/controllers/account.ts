import { ACCOUNT_ANNOTATION } from '../render/deployment.ts';
import { childName } from '../render/names.ts';
import type { KubeObject, ObjectCache } from '../runtime/objects.ts';

/** Milliseconds. Times of objects are whole seconds, and of API servers that differ a little. */
const SAME_TIME_MS = 1000;

/**
 * The uid of a gateway's ServiceAccount where it was made anew after the Deployment, to be put on the pods; undefined
 * where it is the one that they began with, or had last. A token names the uid of its account, so that those of
 * running pods are good for nothing any more, and a kubelet renews them only as they grow old: pods are replaced.
 */
export function renewedAccount(cache: ObjectCache, namespace: string, gateway: string): string | undefined {
  const name = childName(gateway);
  const deployment = cache.get({ kind: 'Deployment', namespace, name });
  if (deployment === undefined) return undefined;
  const account = cache.get({ kind: 'ServiceAccount', namespace, name });
  // It is about to be put back: what pods have stays until its uid is known, or they would be replaced twice.
  if (account === undefined) return toldOf(deployment);
  const isYounger = madeAt(account) - madeAt(deployment) > SAME_TIME_MS;
  return isYounger ? account.metadata.uid : undefined;
}

function madeAt({ metadata }: KubeObject): number {
  return Date.parse(metadata.creationTimestamp);
}

function toldOf({ spec }: KubeObject): string | undefined {
  const { template } = spec as { template?: { metadata?: { annotations?: Record<string, string> } } };
  return template?.metadata?.annotations?.[ACCOUNT_ANNOTATION];
}

import { type Access, notChecked } from '../api/access.ts';
import { isChild } from '../controllers/ownership.ts';
import type { CallDeps } from '../kube/calls.ts';
import type { Kube } from '../kube/config.ts';
import { KubeError } from '../kube/errors.ts';
import { NamespaceClient } from '../kube/namespaces.ts';
import { ReviewClient } from '../kube/reviews.ts';
import { childName, gatewayOf } from '../render/names.ts';
import type { Log } from '../runtime/log.ts';
import type { ObjectCache } from '../runtime/objects.ts';
import { ClusterAuthenticator, type Identity } from './authenticator.ts';
import { ClusterAuthorizer } from './authorizer.ts';
import { ClusterNamespaces } from './namespaces.ts';
import { ReviewCache, type ReviewCacheDeps } from './review-cache.ts';

export interface ClusterAccessDeps extends CallDeps {
  log: Log;
  /** Holds the ServiceAccounts that we made. */
  cache: ObjectCache;
  /** Whether it holds all of them. */
  knowsAccounts(): boolean;
}

/** Gateways and people of a busy cluster, with tokens old and new; an entry takes about a kilobyte. */
const TOKENS = { maxHeld: 10_000, maxPassing: 1000, maxAsking: 100 };
/** Several questions for each person. */
const RIGHTS = { maxHeld: 10_000, maxPassing: 10_000, maxAsking: 100 };
/** One for each gateway, gone ones too, and for each namespace. */
const NAMESPACES = { maxHeld: 10_000, maxPassing: 1000, maxAsking: 100 };

/** Asks the API server who calls, what they may do, and whether a namespace is still the same. */
export function clusterAccess(kube: Pick<Kube, 'send' | 'renew'>, deps: ClusterAccessDeps): Access {
  const { clock, log } = deps;
  const reviews = new ReviewClient(kube, deps);
  const cacheDeps: ReviewCacheDeps = {
    clock,
    isAway,
    onAway(error) {
      if (error === null) log.info({}, 'callers are checked again');
      else
        log.error({ reason: reasonOf(error) }, 'callers cannot be checked: those checked before are taken');
    },
  };
  return {
    authenticator: new ClusterAuthenticator({
      reviews,
      cache: new ReviewCache<Identity | null>(TOKENS, cacheDeps),
      clock,
      gatewayOf(namespace, account, uid) {
        if (!deps.knowsAccounts()) throw notChecked();
        const found = deps.cache.get({ kind: 'ServiceAccount', namespace, name: account });
        const gateway = gatewayOf(account);
        const isOurs =
          found?.metadata.uid === uid && childName(gateway) === account && isChild(found, gateway);
        return isOurs ? gateway : null;
      },
    }),
    authorizer: new ClusterAuthorizer(reviews, new ReviewCache<boolean>(RIGHTS, cacheDeps)),
    namespaces: new ClusterNamespaces(
      new NamespaceClient(kube, deps),
      new ReviewCache<string | null>(NAMESPACES, {
        clock,
        // The right to read one is given namespace by namespace.
        isAway: (error) => isAway(error) && !(error instanceof KubeError && error.status === 403),
        onAway(error) {
          if (error === null) log.info({}, 'namespaces are read again');
          else
            log.error({ reason: reasonOf(error) }, 'namespaces cannot be read: a new gateway gets no keys');
        },
      }),
      (error) =>
        log.error({ reason: reasonOf(error) }, 'a namespace cannot be read: its new gateways get no keys'),
    ),
  };
}

/** A question that is refused, or fails, for itself says nothing of others; all else is the server, or our own rights there. */
function isAway(error: unknown): boolean {
  return !(error instanceof KubeError) || ![200, 400, 413, 422].includes(error.status);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof KubeError)) return String(error);
  const remedy = error.status === 403 ? ". Grant it with 'kubectl apply -k config/rbac'" : '';
  return `${error.message}${remedy}`;
}

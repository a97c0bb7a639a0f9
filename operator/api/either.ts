import { type Access, localAuthorizer } from './access.ts';
import type { Authenticator } from './auth.ts';
import { localNamespaces } from './namespaces.ts';

export interface ClusterAccess extends Access {
  /** Whether the tokens of this machine are taken too: those of its gateways, and that of the person whose it is. */
  takesLocalTokens: boolean;
}

/** Tokens of this machine and those of a cluster, side by side. `cluster` answers null where there is none. */
export function either(local: Authenticator, cluster: () => ClusterAccess | null): Access {
  return {
    authenticator: {
      async authenticate(token) {
        const other = cluster();
        const known = other?.takesLocalTokens === false ? null : await local.authenticate(token);
        return known ?? (await other?.authenticator.authenticate(token)) ?? null;
      },
    },
    authorizer: {
      allows: (person, request) => (cluster()?.authorizer ?? localAuthorizer).allows(person, request),
    },
    namespaces: {
      uidOf: (namespace, account) => (cluster()?.namespaces ?? localNamespaces).uidOf(namespace, account),
    },
  };
}

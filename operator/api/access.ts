import type { Authenticator, Person } from './auth.ts';
import { ApiError } from './errors.ts';
import type { Namespaces } from './namespaces.ts';

/** What the API holds, as virtual resources of the group `governance.keeptrusts.com` that RBAC speaks of. */
export type AccessResource = 'events' | 'usage' | 'configurations' | 'keys';

export interface AccessRequest {
  verb: 'get' | 'list' | 'watch' | 'create' | 'delete';
  resource: AccessResource;
  /** Left out for all namespaces at once. */
  namespace?: string | undefined;
}

/** Says what people may do. Gateways are not asked about: each may write what is its own, and nothing else. */
export interface Authorizer {
  /** @throws ApiError `access_not_checked` where nobody can say at the moment: that is not a no */
  allows(person: Person, request: AccessRequest): Promise<boolean>;
}

/** Who calls, what they may do, and whose a namespace is now. */
export interface Access {
  authenticator: Authenticator;
  authorizer: Authorizer;
  namespaces: Namespaces;
}

/** Nobody can say at the moment who calls, what they may do, or whether a namespace is still the same. */
export function notChecked(): ApiError {
  return new ApiError(
    'access_not_checked',
    'the API server of the cluster cannot be asked at the moment who calls, what they may do, or whether a namespace is still the same. This is no refusal: try again.',
  );
}

/** Without a cluster there is one person, whose machine this is. */
export const localAuthorizer: Authorizer = {
  allows: async (person) => person.user === null,
};

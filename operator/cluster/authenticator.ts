import { createHash } from 'node:crypto';
import type { Authenticator, Caller } from '../api/auth.ts';
import type { ReviewClient, ReviewedUser } from '../kube/reviews.ts';
import { TOKEN_AUDIENCE } from '../render/names.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Answer, ReviewCache } from './review-cache.ts';

export interface ClusterAuthenticatorDeps {
  reviews: Pick<ReviewClient, 'token'>;
  cache: ReviewCache<Identity | null>;
  clock: Pick<Clock, 'now'>;
  /**
   * The gateway whose ServiceAccount this is; null for an account of somebody else.
   * @throws ApiError `access_not_checked` while it is not known yet
   */
  gatewayOf(namespace: string, account: string, uid: string): string | null;
}

export interface Identity {
  user: ReviewedUser;
  /** Made for our API, not for the API server's. */
  isForUs: boolean;
  /** Once it was found to be one: its account may be gone while its last events are still on their way. */
  gateway: Caller | null;
}

/** Milliseconds for which a good token is not reviewed again: how long a deleted pod's token is still taken. */
const GOOD_MS = 60_000;
/** The same for a bad one: how long a token that came too early is still refused. */
const BAD_MS = 10_000;
/** Milliseconds for which a good token stands while the API server cannot be asked. */
export const HELD_MS = 600_000;

/** Tokens of Keeptrusts' own kinds are nothing to the API server, which must not even see them. */
const OURS = /^kt_/;
/** What a bearer token can be made of (RFC 6750). */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
const ACCOUNT = /^system:serviceaccount:([a-z0-9-]+):([a-z0-9.-]+)$/;
const POD_NAME = 'authentication.kubernetes.io/pod-name';

/** Tokens of the cluster, as its API server reviews them. */
export class ClusterAuthenticator implements Authenticator {
  readonly #deps: ClusterAuthenticatorDeps;

  constructor(deps: ClusterAuthenticatorDeps) {
    this.#deps = deps;
  }

  /** @throws ApiError `access_not_checked` */
  async authenticate(token: string): Promise<Caller | null> {
    if (OURS.test(token) || !TOKEN.test(token)) return null;
    // The key holds nothing that could be used in the token's place.
    const key = createHash('sha256').update(token).digest('base64');
    const identity = await this.#deps.cache.ask(key, () => this.#review(token));
    if (identity === null) return null;
    identity.gateway ??= this.#gatewayOf(identity);
    return identity.gateway ?? { role: 'person', user: identity.user };
  }

  async #review(token: string): Promise<Answer<Identity | null>> {
    const { reviews, clock } = this.#deps;
    const forUs = await reviews.token(token, [TOKEN_AUDIENCE]);
    const reviewed = forUs ?? (await reviews.token(token));
    if (reviewed === null) return { value: null, freshMs: BAD_MS, heldMs: 0 };
    const isForUs = forUs?.audiences.includes(TOKEN_AUDIENCE) === true;
    const left = Math.max(0, expiryOf(token) - clock.now());
    return {
      value: { user: reviewed.user, isForUs, gateway: null },
      freshMs: Math.min(GOOD_MS, left),
      heldMs: Math.min(HELD_MS, left),
    };
  }

  /** A pod of a gateway; null for anyone else, also for whoever shows a gateway's token that is bound to no pod. */
  #gatewayOf({ user, isForUs }: Identity): Caller | null {
    const [, namespace, account] = ACCOUNT.exec(user.username) ?? [];
    const [instance] = user.extra[POD_NAME] ?? [];
    if (!isForUs || namespace === undefined || account === undefined || instance === undefined) return null;
    const gateway = this.#deps.gatewayOf(namespace, account, user.uid);
    return gateway === null ? null : { role: 'gateway', namespace, gateway, instance, account: user.uid };
  }
}

/** Milliseconds since the epoch by which a JWT says it ends; infinity where it does not say. Only ever shortens. */
function expiryOf(token: string): number {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return typeof exp === 'number' ? exp * 1000 : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

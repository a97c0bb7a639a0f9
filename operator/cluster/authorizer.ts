import { createHash } from 'node:crypto';
import type { AccessRequest, Authorizer } from '../api/access.ts';
import type { Person } from '../api/auth.ts';
import type { ReviewClient } from '../kube/reviews.ts';
import { HELD_MS } from './authenticator.ts';
import type { ReviewCache } from './review-cache.ts';

/** Milliseconds until a right that was taken away is missed, and until one that was given is seen. */
const ALLOWED_MS = 30_000;
const DENIED_MS = 5000;

const GROUP = 'governance.keeptrusts.com';

/** What people may do, as the cluster's own authorizers say. */
export class ClusterAuthorizer implements Authorizer {
  readonly #reviews: Pick<ReviewClient, 'access'>;
  readonly #cache: ReviewCache<boolean>;

  constructor(reviews: Pick<ReviewClient, 'access'>, cache: ReviewCache<boolean>) {
    this.#reviews = reviews;
    this.#cache = cache;
  }

  /** @throws ApiError `access_not_checked` */
  async allows({ user }: Person, { verb, resource, namespace }: AccessRequest): Promise<boolean> {
    if (user === null) return true;
    const { username, uid, groups, extra } = user;
    const question = JSON.stringify([username, uid, groups, extra, verb, resource, namespace ?? null]);
    const key = createHash('sha256').update(question).digest('base64');
    return this.#cache.ask(key, async () => {
      const allowed = await this.#reviews.access(user, { verb, group: GROUP, resource, namespace });
      return allowed
        ? { value: true, freshMs: ALLOWED_MS, heldMs: HELD_MS }
        : { value: false, freshMs: DENIED_MS, heldMs: 0 };
    });
  }
}

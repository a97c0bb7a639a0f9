import { ApiError } from '../api/errors.ts';
import type { Namespaces } from '../api/namespaces.ts';
import { KubeError } from '../kube/errors.ts';
import type { NamespaceClient } from '../kube/namespaces.ts';
import { HELD_MS } from './authenticator.ts';
import type { ReviewCache } from './review-cache.ts';

/** The namespaces of a cluster, as its API server tells them apart. */
export class ClusterNamespaces implements Namespaces {
  readonly #client: Pick<NamespaceClient, 'uidOf'>;
  readonly #cache: ReviewCache<string | null>;
  readonly #onRefused: (error: KubeError) => void;
  #refused = false;

  /** `onRefused` is called where the operator may not read one, with the first of several in a row. */
  constructor(
    client: Pick<NamespaceClient, 'uidOf'>,
    cache: ReviewCache<string | null>,
    onRefused: (error: KubeError) => void,
  ) {
    this.#client = client;
    this.#cache = cache;
    this.#onRefused = onRefused;
  }

  /** @throws ApiError `not_found`, `access_not_checked` */
  async uidOf(namespace: string, account: string | null = null): Promise<string> {
    const uid = await this.#cache.ask(JSON.stringify([namespace, account]), async () => {
      const value = await this.#read(namespace);
      if (value === null) return { value, freshMs: 0, heldMs: 0 };
      // Without an account it is asked each time: a namespace may be deleted and made again within a second.
      if (account === null) return { value, freshMs: 0, heldMs: HELD_MS };
      return { value, freshMs: Number.POSITIVE_INFINITY, heldMs: Number.POSITIVE_INFINITY };
    });
    if (uid !== null) return uid;
    throw new ApiError('not_found', `the cluster has no namespace ${namespace}. Make it first.`);
  }

  async #read(namespace: string): Promise<string | null> {
    try {
      const uid = await this.#client.uidOf(namespace);
      this.#refused = false;
      return uid;
    } catch (error) {
      if (error instanceof KubeError && error.reason === 'Forbidden') {
        if (!this.#refused) this.#onRefused(error);
        this.#refused = true;
      }
      throw error;
    }
  }
}

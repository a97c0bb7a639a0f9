/** Tells a namespace from an earlier one of its name. */
export interface Namespaces {
  /**
   * The uid of the namespace that there is now; null where namespaces have none, which is without a cluster.
   * @param account uid of a ServiceAccount in it: that one is in no other, so that the answer holds for good
   * @throws ApiError `not_found` where there is no such namespace, `access_not_checked` where nobody can say
   */
  uidOf(namespace: string, account?: string | null): Promise<string | null>;
}

/** A folder has no namespaces that could be deleted. */
export const localNamespaces: Namespaces = {
  uidOf: async () => null,
};

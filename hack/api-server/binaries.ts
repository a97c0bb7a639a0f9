/** Paths of what a run needs. */
export interface Binaries {
  etcd: string;
  apiServer: string;
  /** Null: nothing is collected, namespaces stay in `Terminating`, and no service account is made. */
  controllerManager: string | null;
  kubectl: string;
}

/** What a program and the supervisor of its servers tell each other over the channel between them. */

/** Names of servers are ours: `etcd`, `kube-apiserver`, `kube-controller-manager`. */
export interface Order {
  start: string;
  command: string;
  args: readonly string[];
}

export type Report =
  | { folder: string }
  | { started: string; pid: number }
  /** `how` is an exit code, a signal, or why the server could not be started. */
  | { ended: string; how: string };

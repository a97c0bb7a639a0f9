/** What a cluster occupies on a machine. There is one of each, so that whoever comes next finds what was left. */

/** Everything on the disk: programs' state, logs, keys, kubeconfigs. */
export const STATE = '/var/opt/keeptrusts-cluster';

/** Every process of the cluster runs below a control group of this name. */
export const CGROUP = 'keeptrusts-cluster';

/** The host's end of the only connection between the host and the cluster. */
export const HOST_LINK = 'kt-cluster';

export const NODE_NAME = 'keeptrusts-node';

/** Addresses. All but the host's own end of the link exist only inside the network namespace of the cluster. */
export const network = {
  node: '10.99.0.1',
  host: '10.99.0.2',
  prefix: 30,
  pods: '10.244.0.0/24',
  services: '10.96.0.0/16',
  /** The first of `services`: the API server, for pods. */
  apiService: '10.96.0.1',
  apiPort: 6443,
  domain: 'cluster.local',
} as const;

/** Where the admin and other clients find the API server, from the host and from the node. */
export const API_URL = `https://${network.node}:${network.apiPort}`;

export const PAUSE_IMAGE = 'keeptrusts/pause:1';

/** Paths below `STATE`. */
export const paths = {
  options: `${STATE}/options.json`,
  /** Lines for people, of the start. */
  progress: `${STATE}/progress.log`,
  /** Exists once the cluster can be used. */
  ready: `${STATE}/ready`,
  logs: `${STATE}/logs`,
  config: `${STATE}/config`,
  keys: `${STATE}/keys`,
  /** Kubeconfigs of people, each named for its person. */
  people: `${STATE}/people`,
  adminKubeconfig: `${STATE}/kubeconfig`,
  etcd: `${STATE}/etcd`,
  kubelet: `${STATE}/kubelet`,
  containerd: `${STATE}/containerd`,
  addresses: `${STATE}/addresses`,
  volumes: `${STATE}/volumes`,
} as const;

/** Inside the mount namespace of the cluster alone. */
export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock';

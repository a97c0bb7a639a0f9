/** What a cluster occupies on a machine. Names are fixed, so that whoever comes next finds what was left. */
export interface Layout {
  place: Place;
  /** Everything on the disk: data of the parts, logs, keys, kubeconfigs. */
  state: string;
  /** Whose process starts a cluster. It lies outside of `state`, which is removed before. */
  lock: string;
  /** Who uses it, beside `lock`. */
  owner: string;
  /** What was changed at the machine's own control groups, for the clusters of all places. */
  controllers: string;
  /** Every process of the cluster runs below a control group of this name. */
  cgroup: string;
  /** The host's end of the only connection between host and cluster. */
  link: string;
  /** Of the node, at the other end. Its API server and its name server listen there. */
  nodeAddress: string;
  /** Of the host, for pods. */
  hostAddress: string;
  /** `https://` and the address of the API server, from the host and on the node. */
  apiUrl: string;
  paths: Paths;
}

/** A machine has room for two: the one that a person works with, and one that tests make and remove. */
export type Place = 'main' | 'test';

/** Below `state`. */
interface Paths {
  options: string;
  /** Lines for people, of the start. */
  progress: string;
  /** Exists once the cluster can be used. */
  ready: string;
  /** The admin's. */
  kubeconfig: string;
  /** Kubeconfigs of other people, each named for its person. */
  people: string;
  /** A folder with kubectl. */
  bin: string;
  logs: string;
  config: string;
  keys: string;
  etcd: string;
  kubelet: string;
  containerd: string;
  /** Which pod has which address. */
  addresses: string;
  volumes: string;
  images: string;
}

export const NODE_NAME = 'keeptrusts-node';

/** What exists only inside the network namespace of a cluster. */
export const network = {
  /** Bits of the network of host and node. */
  prefix: 30,
  pods: '10.244.0.0/24',
  services: '10.96.0.0/16',
  /** The first of `services`: the API server, for pods. */
  apiService: '10.96.0.1',
  apiPort: 6443,
  domain: 'cluster.local',
} as const;

export const PAUSE_IMAGE = 'keeptrusts/pause:1';

/** Inside the mount namespace of a cluster alone. */
export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock';

const FOLDER = '/var/opt/keeptrusts-cluster';
const suffix = { main: '', test: '-test' } as const;
const addresses = { main: ['10.99.0.1', '10.99.0.2'], test: ['10.99.0.5', '10.99.0.6'] } as const;

export function layoutOf(place: Place): Layout {
  const [nodeAddress, hostAddress] = addresses[place];
  const state = `${FOLDER}${suffix[place]}`;
  return {
    place,
    state,
    lock: `${state}.lock`,
    owner: `${state}.owner`,
    controllers: `${FOLDER}.controllers`,
    cgroup: `keeptrusts-cluster${suffix[place]}`,
    link: `kt-cluster${suffix[place]}`,
    nodeAddress,
    hostAddress,
    apiUrl: `https://${nodeAddress}:${network.apiPort}`,
    paths: {
      options: `${state}/options.json`,
      progress: `${state}/progress.log`,
      ready: `${state}/ready`,
      kubeconfig: `${state}/kubeconfig`,
      people: `${state}/people`,
      bin: `${state}/bin`,
      logs: `${state}/logs`,
      config: `${state}/config`,
      keys: `${state}/keys`,
      etcd: `${state}/etcd`,
      kubelet: `${state}/kubelet`,
      containerd: `${state}/containerd`,
      addresses: `${state}/addresses`,
      volumes: `${state}/volumes`,
      images: `${state}/images`,
    },
  };
}

/** What a person types to do something with the cluster of this place. */
export function npmCommand({ place }: Layout, command: 'up' | 'down'): string {
  return `npm run cluster:${command}${place === 'main' ? '' : ` -- --${place}`}`;
}

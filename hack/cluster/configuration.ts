import { CONTAINER_RUNTIME, configFiles, kubeconfigOf } from './arguments.ts';
import { type Layout, NODE_NAME, network, PAUSE_IMAGE } from './layout.ts';

/** Folder of this machine with the network plugins, and how containers' file systems can be stacked on its disk. */
export interface Host {
  networkPlugins: string;
  snapshotter: 'overlayfs' | 'native';
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Configuration files by their paths. JSON is YAML. */
export function configurationFiles(layout: Layout, host: Host): Record<string, string> {
  const files = configFiles(layout);
  return {
    [files.containerd]: containerd(layout, host),
    [`${files.networks}/10-keeptrusts.conflist`]: json(podNetwork(layout)),
    [files.kubelet]: json(kubelet(layout)),
    [files.proxy]: json(proxy(layout)),
    [files.dns]: corefile(layout),
    [files.resolver]: '',
  };
}

// Without CAP_SYS_RESOURCE nobody may be spared from an out-of-memory kill, and no pod would start for want of it.
const containerd = (layout: Layout, { networkPlugins, snapshotter }: Host): string => `version = 2
root = "${layout.paths.containerd}"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt"]

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/${PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "${snapshotter}"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${networkPlugins}"
    conf_dir = "${configFiles(layout).networks}"
`;

const podNetwork = ({ paths }: Layout): object => ({
  cniVersion: '0.4.0',
  name: 'keeptrusts',
  plugins: [
    {
      // A pair of devices for each pod, and no bridge: what passes a bridge on one node misses the translation of
      // addresses of Services, unless a module of the kernel is loaded that would change bridges of the machine too.
      type: 'ptp',
      ipMasq: true,
      ipam: {
        type: 'host-local',
        dataDir: paths.addresses,
        ranges: [[{ subnet: network.pods }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
});

const kubelet = (layout: Layout): object => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  address: layout.nodeAddress,
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: `${layout.paths.keys}/ca.crt` },
  },
  authorization: { mode: 'Webhook' },
  tlsCertFile: `${layout.paths.keys}/kubelet.crt`,
  tlsPrivateKeyFile: `${layout.paths.keys}/kubelet.key`,
  containerRuntimeEndpoint: CONTAINER_RUNTIME,
  cgroupDriver: 'cgroupfs',
  failCgroupV1: false,
  failSwapOn: false,
  // The machine is somebody's: it does not have to be kept free for the kubelet.
  enforceNodeAllocatable: [],
  oomScoreAdj: 0,
  evictionHard: {
    'memory.available': '50Mi',
    'nodefs.available': '1%',
    'nodefs.inodesFree': '1%',
    'imagefs.available': '1%',
  },
  // Images are brought, and could not be fetched again.
  imageGCHighThresholdPercent: 100,
  imageGCLowThresholdPercent: 99,
  clusterDNS: [layout.nodeAddress],
  clusterDomain: network.domain,
  resolvConf: configFiles(layout).resolver,
  volumePluginDir: `${layout.paths.kubelet}/volume-plugins`,
  readOnlyPort: 0,
  makeIPTablesUtilChains: false,
  maxPods: 200,
});

const proxy = (layout: Layout): object => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'nftables',
  clusterCIDR: network.pods,
  hostnameOverride: NODE_NAME,
  clientConnection: { kubeconfig: kubeconfigOf(layout, 'kube-proxy') },
  oomScoreAdj: 0,
  // Limits of the whole machine stay as they are.
  conntrack: { maxPerCore: 0, min: 0 },
});

const corefile = (layout: Layout): string => `.:53 {
  errors
  ready 127.0.0.1:8181
  kubernetes ${network.domain} in-addr.arpa ip6.arpa {
    kubeconfig ${kubeconfigOf(layout, 'coredns')}
    pods insecure
    ttl 5
  }
}
`;

import { configFiles, containerRuntime, kubeconfigOf } from './arguments.ts';
import { NODE_NAME, network, PAUSE_IMAGE, paths } from './layout.ts';

/** Folder of this machine with the network plugins, and how containers' file systems can be stacked on its disk. */
export interface Host {
  networkPlugins: string;
  snapshotter: 'overlayfs' | 'native';
}

const key = (name: string): string => `${paths.keys}/${name}`;
const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Configuration files by their paths. JSON is YAML. */
export function configurationFiles(host: Host): Record<string, string> {
  return {
    [configFiles.containerd]: containerd(host),
    [`${configFiles.networks}/10-keeptrusts.conflist`]: json(podNetwork),
    [configFiles.kubelet]: json(kubelet),
    [configFiles.proxy]: json(proxy),
    [configFiles.dns]: corefile,
    [configFiles.resolver]: '',
  };
}

// Without CAP_SYS_RESOURCE nobody may be spared from an out-of-memory kill, and no pod would start for want of it.
const containerd = ({ networkPlugins, snapshotter }: Host): string => `version = 2
root = "${paths.containerd}"
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
    conf_dir = "${configFiles.networks}"
`;

const podNetwork = {
  cniVersion: '0.4.0',
  name: 'keeptrusts',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      ipMasq: true,
      // A pod may reach itself through its Service.
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        dataDir: paths.addresses,
        ranges: [[{ subnet: network.pods }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
};

const kubelet = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  address: network.node,
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: key('ca.crt') },
  },
  authorization: { mode: 'Webhook' },
  tlsCertFile: key('kubelet.crt'),
  tlsPrivateKeyFile: key('kubelet.key'),
  containerRuntimeEndpoint: containerRuntime,
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
  clusterDNS: [network.node],
  clusterDomain: network.domain,
  resolvConf: configFiles.resolver,
  volumePluginDir: `${paths.kubelet}/volume-plugins`,
  readOnlyPort: 0,
  makeIPTablesUtilChains: false,
  maxPods: 200,
};

const proxy = {
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'nftables',
  clusterCIDR: network.pods,
  hostnameOverride: NODE_NAME,
  clientConnection: { kubeconfig: kubeconfigOf('kube-proxy') },
  oomScoreAdj: 0,
  // Limits of the whole machine stay as they are.
  conntrack: { maxPerCore: 0, min: 0 },
};

const corefile = `.:53 {
  errors
  ready 127.0.0.1:8181
  kubernetes ${network.domain} in-addr.arpa ip6.arpa {
    kubeconfig ${kubeconfigOf('coredns')}
    pods insecure
    ttl 5
  }
}
`;

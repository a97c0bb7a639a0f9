import { CONTAINERD_SOCKET, type Layout, NODE_NAME, network } from './layout.ts';

export const ETCD_URL = 'http://127.0.0.1:2379';
export const DNS_READY_URL = 'http://127.0.0.1:8181/ready';
export const CONTAINER_RUNTIME = `unix://${CONTAINERD_SOCKET}`;

/** Paths of the configuration files of the parts. */
export function configFiles({ paths }: Layout) {
  return {
    containerd: `${paths.config}/containerd.toml`,
    networks: `${paths.config}/networks`,
    kubelet: `${paths.config}/kubelet.json`,
    proxy: `${paths.config}/kube-proxy.json`,
    dns: `${paths.config}/Corefile`,
    /** Name servers of pods that ask for those of the node: none. */
    resolver: `${paths.config}/resolv.conf`,
  } as const;
}

/** The kubeconfig of a part of the cluster. */
export function kubeconfigOf({ paths }: Layout, part: string): string {
  return `${paths.config}/${part}.kubeconfig`;
}

export type ServerName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kube-proxy'
  | 'kubelet'
  | 'coredns'
  | 'containerd';

/** What each server is started with. */
export function serverArguments(layout: Layout): Readonly<Record<ServerName, readonly string[]>> {
  const { paths, nodeAddress } = layout;
  const key = (name: string): string => `${paths.keys}/${name}`;
  const config = configFiles(layout);
  return {
    etcd: [
      `--data-dir=${paths.etcd}`,
      `--listen-client-urls=${ETCD_URL}`,
      `--advertise-client-urls=${ETCD_URL}`,
      // Nothing of a cluster outlives it: to wait for a disk would buy nothing.
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    'kube-apiserver': [
      `--etcd-servers=${ETCD_URL}`,
      `--bind-address=${nodeAddress}`,
      `--advertise-address=${nodeAddress}`,
      `--secure-port=${network.apiPort}`,
      `--tls-cert-file=${key('kube-apiserver.crt')}`,
      `--tls-private-key-file=${key('kube-apiserver.key')}`,
      `--client-ca-file=${key('ca.crt')}`,
      `--kubelet-certificate-authority=${key('ca.crt')}`,
      `--kubelet-client-certificate=${key('kubelet-client.crt')}`,
      `--kubelet-client-key=${key('kubelet-client.key')}`,
      '--kubelet-preferred-address-types=InternalIP',
      '--authorization-mode=Node,RBAC',
      // Pod Security decides, by namespace.
      '--allow-privileged',
      '--enable-admission-plugins=NodeRestriction',
      `--service-account-issuer=https://kubernetes.default.svc.${network.domain}`,
      `--service-account-signing-key-file=${key('service-account.key')}`,
      `--service-account-key-file=${key('service-account.pub')}`,
      `--service-cluster-ip-range=${network.services}`,
    ],
    'kube-controller-manager': [
      `--kubeconfig=${kubeconfigOf(layout, 'kube-controller-manager')}`,
      `--service-account-private-key-file=${key('service-account.key')}`,
      `--root-ca-file=${key('ca.crt')}`,
      '--leader-elect=false',
      '--secure-port=0',
    ],
    'kube-scheduler': [
      `--kubeconfig=${kubeconfigOf(layout, 'kube-scheduler')}`,
      '--leader-elect=false',
      '--secure-port=0',
    ],
    'kube-proxy': [`--config=${config.proxy}`],
    kubelet: [
      `--config=${config.kubelet}`,
      `--kubeconfig=${kubeconfigOf(layout, 'kubelet')}`,
      `--root-dir=${paths.kubelet}`,
      `--hostname-override=${NODE_NAME}`,
      `--node-ip=${nodeAddress}`,
    ],
    coredns: [`-conf=${config.dns}`],
    containerd: [`--config=${config.containerd}`],
  };
}

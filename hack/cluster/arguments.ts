import { API_URL, CONTAINERD_SOCKET, NODE_NAME, network, paths } from './layout.ts';

/** Files of `paths.config`. */
export const configFiles = {
  containerd: `${paths.config}/containerd.toml`,
  networks: `${paths.config}/networks`,
  kubelet: `${paths.config}/kubelet.json`,
  proxy: `${paths.config}/kube-proxy.json`,
  dns: `${paths.config}/Corefile`,
  /** Name servers of pods that ask for those of the node: none. */
  resolver: `${paths.config}/resolv.conf`,
} as const;

export const ETCD_URL = 'http://127.0.0.1:2379';
export const DNS_READY_URL = 'http://127.0.0.1:8181/ready';

const key = (name: string): string => `${paths.keys}/${name}`;

/** The kubeconfig of a part of the cluster. */
export const kubeconfigOf = (part: string): string => `${paths.config}/${part}.kubeconfig`;

/** What each server is started with. */
export const serverArguments = {
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
    `--bind-address=${network.node}`,
    `--advertise-address=${network.node}`,
    `--secure-port=${network.apiPort}`,
    `--tls-cert-file=${key('kube-apiserver.crt')}`,
    `--tls-private-key-file=${key('kube-apiserver.key')}`,
    `--client-ca-file=${key('ca.crt')}`,
    `--kubelet-certificate-authority=${key('ca.crt')}`,
    `--kubelet-client-certificate=${key('kubelet-client.crt')}`,
    `--kubelet-client-key=${key('kubelet-client.key')}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    `--service-account-issuer=https://kubernetes.default.svc.${network.domain}`,
    `--service-account-signing-key-file=${key('service-account.key')}`,
    `--service-account-key-file=${key('service-account.pub')}`,
    `--service-cluster-ip-range=${network.services}`,
  ],
  'kube-controller-manager': [
    `--kubeconfig=${kubeconfigOf('kube-controller-manager')}`,
    `--service-account-private-key-file=${key('service-account.key')}`,
    `--root-ca-file=${key('ca.crt')}`,
    '--use-service-account-credentials',
    '--leader-elect=false',
    '--secure-port=0',
  ],
  'kube-scheduler': [
    `--kubeconfig=${kubeconfigOf('kube-scheduler')}`,
    '--leader-elect=false',
    '--secure-port=0',
  ],
  'kube-proxy': [`--config=${configFiles.proxy}`],
  kubelet: [
    `--config=${configFiles.kubelet}`,
    `--kubeconfig=${kubeconfigOf('kubelet')}`,
    `--root-dir=${paths.kubelet}`,
    `--hostname-override=${NODE_NAME}`,
    `--node-ip=${network.node}`,
  ],
  coredns: [`-conf=${configFiles.dns}`],
  containerd: [`--config=${configFiles.containerd}`],
} as const satisfies Record<string, readonly string[]>;

export type ServerName = keyof typeof serverArguments;

/** The endpoints that say when a server can be used. */
export const readyUrls = { etcd: `${ETCD_URL}/health`, 'kube-apiserver': `${API_URL}/readyz` } as const;

export const containerRuntime = `unix://${CONTAINERD_SOCKET}`;

/** Where the servers of one run find each other. Ports are on the loopback interface. */
export interface Layout {
  folder: string;
  etcdPort: number;
  etcdPeerPort: number;
  apiPort: number;
}

/** Files in the folder of a run. */
export const files = {
  certificates: 'certificates',
  /** The serving certificate that the API server signs for itself at its first start, and that of its authority. */
  authority: 'certificates/apiserver.crt',
  tokens: 'tokens.csv',
  signingKey: 'service-account.key',
  verificationKey: 'service-account.pub',
  kubeconfig: 'kubeconfig',
} as const;

/** Controllers that run: what deletes what nobody owns any more, and what gives namespaces a service account. */
const CONTROLLERS: readonly string[] = [
  'garbage-collector-controller',
  'namespace-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
];

export function etcdArguments(layout: Layout): string[] {
  const client = `http://127.0.0.1:${layout.etcdPort}`;
  const peer = `http://127.0.0.1:${layout.etcdPeerPort}`;
  return [
    `--data-dir=${layout.folder}/etcd`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    // Nothing of a run outlives it: to wait for a disk would buy nothing.
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

export function apiServerArguments(layout: Layout): string[] {
  const inFolder = (name: string): string => `${layout.folder}/${name}`;
  return [
    `--etcd-servers=http://127.0.0.1:${layout.etcdPort}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${layout.apiPort}`,
    `--cert-dir=${inFolder(files.certificates)}`,
    `--token-auth-file=${inFolder(files.tokens)}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${inFolder(files.signingKey)}`,
    `--service-account-key-file=${inFolder(files.verificationKey)}`,
    '--service-cluster-ip-range=10.96.0.0/16',
  ];
}

export function controllerManagerArguments(layout: Layout): string[] {
  const inFolder = (name: string): string => `${layout.folder}/${name}`;
  return [
    `--kubeconfig=${inFolder(files.kubeconfig)}`,
    `--controllers=${CONTROLLERS.join(',')}`,
    `--service-account-private-key-file=${inFolder(files.signingKey)}`,
    '--leader-elect=false',
    // No port of its own: what it does shows in the API.
    '--secure-port=0',
  ];
}

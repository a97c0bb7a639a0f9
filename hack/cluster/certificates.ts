import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { kubeconfig } from '../api-server/kubeconfig.ts';
import { kubeconfigOf } from './arguments.ts';
import { type Layout, NODE_NAME, network } from './layout.ts';

/** As `programs/certificates` reads it. */
interface Certificate {
  file: string;
  commonName: string;
  organization?: string;
  names?: readonly string[];
  addresses?: readonly string[];
}

/** Who has a certificate: names and groups are those to which Kubernetes' own roles are bound. */
export const certificates = ({ nodeAddress }: Layout): readonly Certificate[] => [
  {
    file: 'kube-apiserver',
    commonName: 'kube-apiserver',
    names: [
      'localhost',
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      `kubernetes.default.svc.${network.domain}`,
    ],
    addresses: [nodeAddress, network.apiService, '127.0.0.1'],
  },
  { file: 'kubelet', commonName: NODE_NAME, names: [NODE_NAME], addresses: [nodeAddress] },
  { file: 'kubelet-client', commonName: 'kube-apiserver-kubelet-client', organization: 'system:masters' },
  { file: 'node', commonName: `system:node:${NODE_NAME}`, organization: 'system:nodes' },
  // Of its many controllers none has a service account of its own: to make those would take seconds at each start.
  {
    file: 'kube-controller-manager',
    commonName: 'system:kube-controller-manager',
    organization: 'system:masters',
  },
  { file: 'kube-scheduler', commonName: 'system:kube-scheduler' },
  { file: 'kube-proxy', commonName: 'system:kube-proxy' },
  { file: 'coredns', commonName: 'system:coredns' },
  { file: 'admin', commonName: 'admin', organization: 'system:masters' },
];

/** Certificate of each kubeconfig. */
const kubeconfigs = (layout: Layout): Readonly<Record<string, string>> => ({
  [kubeconfigOf(layout, 'kubelet')]: 'node',
  [kubeconfigOf(layout, 'kube-controller-manager')]: 'kube-controller-manager',
  [kubeconfigOf(layout, 'kube-scheduler')]: 'kube-scheduler',
  [kubeconfigOf(layout, 'kube-proxy')]: 'kube-proxy',
  [kubeconfigOf(layout, 'coredns')]: 'coredns',
  [layout.paths.kubeconfig]: 'admin',
});

/** Writes the authority, every certificate, the keys of service accounts and the kubeconfigs of the parts and the admin. */
export function writeCredentials(layout: Layout, program: string): void {
  const { paths, apiUrl } = layout;
  execFileSync(program, [paths.keys], { input: JSON.stringify(certificates(layout)) });
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const file = (name: string): string => `${paths.keys}/${name}`;
  writeFileSync(file('service-account.key'), privateKey, { mode: 0o600 });
  writeFileSync(file('service-account.pub'), publicKey, { mode: 0o600 });
  const read = (name: string): string => readFileSync(file(name), 'utf8');
  for (const [path, name] of Object.entries(kubeconfigs(layout)))
    writeFileSync(
      path,
      kubeconfig({
        server: apiUrl,
        authority: read('ca.crt'),
        user: { certificate: read(`${name}.crt`), key: read(`${name}.key`) },
      }),
      { mode: 0o600 },
    );
}

/** Of the cluster in Docker. */
const NAME = 'keeptrusts';

export interface KindPlan {
  /** Names of clusters that kind has already. */
  clusters: readonly string[];
  /** File that gets the admin's kubeconfig. */
  kubeconfig: string;
  images: readonly { name: string; dockerfile: string }[];
  /** Files with more images, as `docker save` writes them. */
  archives: readonly string[];
  /** Image of the node, or undefined for that of kind's own version. */
  nodeImage: string | undefined;
}

/**
 * Commands that make the cluster and give it the images, in their order. One that exists gets the images anew, and so
 * does an operator that runs there: its image has the name that it had.
 */
export function kindSteps({ clusters, kubeconfig, images, archives, nodeImage }: KindPlan): string[][] {
  const create = ['kind', 'create', 'cluster', '--name', NAME, '--kubeconfig', kubeconfig, '--wait', '2m'];
  const image = nodeImage === undefined ? [] : ['--image', nodeImage];
  const isThere = clusters.includes(NAME);
  const first = isThere
    ? ['kind', 'export', 'kubeconfig', '--name', NAME, '--kubeconfig', kubeconfig]
    : [...create, ...image];
  const builds = images.map(({ name, dockerfile }) => [
    'docker',
    'build',
    '--tag',
    name,
    '--file',
    dockerfile,
    '.',
  ]);
  return [
    first,
    ...builds,
    ['kind', 'load', 'docker-image', ...images.map(({ name }) => name), '--name', NAME],
    ...archives.map((file) => ['kind', 'load', 'image-archive', file, '--name', NAME]),
    ...(isThere ? [renewal] : []),
  ];
}

/** Ends the operator's pod, if there is one; the node has kubectl, which this machine need not. */
const renewal: string[] = [
  ...['docker', 'exec', `${NAME}-control-plane`, 'kubectl', '--kubeconfig=/etc/kubernetes/admin.conf'],
  ...[
    '--namespace=keeptrusts-system',
    'delete',
    'pod',
    '--selector=app.kubernetes.io/name=keeptrusts-operator',
  ],
];

/** Removes the cluster. */
export const removal: readonly string[] = ['kind', 'delete', 'cluster', '--name', NAME];

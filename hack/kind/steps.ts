/** Of the cluster in Docker. */
const NAME = 'keeptrusts';

export interface KindPlan {
  /** Names of clusters that kind has already. */
  clusters: readonly string[];
  /** File that gets the admin's kubeconfig. */
  kubeconfig: string;
  images: readonly { name: string; dockerfile: string }[];
  /** Image of the node, or undefined for that of kind's own version. */
  nodeImage: string | undefined;
}

/** Commands that make the cluster and give it the images, in their order. One that exists gets the images anew. */
export function kindSteps({ clusters, kubeconfig, images, nodeImage }: KindPlan): string[][] {
  const create = ['kind', 'create', 'cluster', '--name', NAME, '--kubeconfig', kubeconfig, '--wait', '2m'];
  const image = nodeImage === undefined ? [] : ['--image', nodeImage];
  const first = clusters.includes(NAME)
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
  ];
}

/** Removes the cluster. */
export const removal: readonly string[] = ['kind', 'delete', 'cluster', '--name', NAME];

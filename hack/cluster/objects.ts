import { type Layout, NODE_NAME } from './layout.ts';

/** Volumes that are made in advance: so many claims at a time. */
const VOLUMES = 32;

/** Somebody without the admin's rights, who comes with a token. */
export interface Person {
  name: string;
  /** Where the person may look, or null for nobody who may do anything. */
  namespace: string | null;
}

export const PEOPLE_NAMESPACE = 'people';

export const people: readonly Person[] = [
  { name: 'team-a-viewer', namespace: 'team-a' },
  { name: 'team-b-viewer', namespace: 'team-b' },
  { name: 'nobody', namespace: null },
];

const rbac = 'rbac.authorization.k8s.io';

/** What a cluster has from the start: the rights of its name server, storage, and people. */
export function firstObjects(layout: Layout): object[] {
  return [...nameServer(), ...storage(layout), ...peopleObjects()];
}

/** Folders of the volumes. */
export function volumeFolders({ paths }: Layout): string[] {
  return Array.from({ length: VOLUMES }, (_, index) => `${paths.volumes}/${index + 1}`);
}

/** Of the volume in the folder at this place of `volumeFolders`. */
export function volumeName(index: number): string {
  return `local-${index + 1}`;
}

function nameServer(): object[] {
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'system:coredns' },
      rules: [
        { apiGroups: [''], resources: ['services', 'namespaces', 'pods'], verbs: ['list', 'watch'] },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'system:coredns' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'system:coredns' },
      subjects: [{ apiGroup: rbac, kind: 'User', name: 'system:coredns' }],
    },
  ];
}

function storage(layout: Layout): object[] {
  const storageClass = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'local', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
  };
  return [storageClass, ...volumeFolders(layout).map(volume)];
}

/** Local and not of the host's path, since only those get the group of the pod. */
function volume(path: string, index: number): object {
  const here = { key: 'kubernetes.io/hostname', operator: 'In', values: [NODE_NAME] };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volumeName(index) },
    spec: {
      storageClassName: 'local',
      capacity: { storage: '20Gi' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [here] }] } },
    },
  };
}

function peopleObjects(): object[] {
  const namespaces = [PEOPLE_NAMESPACE, ...people.flatMap(({ namespace }) => namespace ?? [])];
  return [
    ...namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...people.map(({ name }) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace: PEOPLE_NAMESPACE },
    })),
    ...people.flatMap(({ name, namespace }) =>
      namespace === null
        ? []
        : {
            apiVersion: `${rbac}/v1`,
            kind: 'RoleBinding',
            metadata: { name: 'viewer', namespace },
            roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'view' },
            subjects: [{ kind: 'ServiceAccount', name, namespace: PEOPLE_NAMESPACE }],
          },
    ),
  ];
}

export const OPERATOR_NAMESPACE = 'keeptrusts-system';

/** A namespace that takes restricted pods only, with an account of somebody who may see its events and make its keys. */
export function namespaceObjects(namespace: string): object[] {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted', 'keeptrusts-test': 'scenario' };
  const binding = (role: string): object => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: role, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: 'person', namespace }],
  });
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'person', namespace } },
    binding('keeptrusts-viewer'),
    binding('keeptrusts-key-admin'),
    ...forwarding(namespace),
  ];
}

/** What that person needs to reach the control plane by a port that kubectl forwards. */
function forwarding(namespace: string): object[] {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const metadata = { name: forwardingName(namespace), namespace: OPERATOR_NAMESPACE };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name };
  const rules = [
    { apiGroups: [''], resources: ['services', 'pods'], verbs: ['get', 'list'] },
    { apiGroups: [''], resources: ['pods/portforward'], verbs: ['create'] },
  ];
  const subjects = [{ kind: 'ServiceAccount', name: 'person', namespace }];
  return [
    { apiVersion, kind: 'Role', metadata, rules },
    { apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects },
  ];
}

/** Paths of what is made outside of a namespace for it. */
export function outsideOf(namespace: string): string[] {
  const group = '/apis/rbac.authorization.k8s.io/v1';
  const folder = `${group}/namespaces/${OPERATOR_NAMESPACE}`;
  return [
    ...['rolebindings', 'roles'].map((kind) => `${folder}/${kind}/${forwardingName(namespace)}`),
    // Of scenarios that let somebody of the namespace see the whole cluster.
    ...['auditor', 'prometheus'].map((who) => `${group}/clusterrolebindings/${who}-${namespace}`),
  ];
}

const forwardingName = (namespace: string): string => `forward-${namespace}`;

/** The pod of `client/`, and the Service by which gateways reach it as a provider. */
export function clientPod(namespace: string, image: string): object[] {
  const labels = { 'keeptrusts-test': 'client' };
  return [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'client', namespace, labels },
      spec: {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: 1,
        securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'client',
            image,
            imagePullPolicy: 'IfNotPresent',
            ports: [{ containerPort: 8090 }],
            resources: { requests: { cpu: '200m', memory: '96Mi' } },
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
            },
          },
        ],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'client', namespace },
      spec: { selector: labels, ports: [{ port: 8090 }] },
    },
  ];
}

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
  ];
}

/** The pod of `client/`, and the Service by which gateways reach it as a provider. */
export function clientPod(namespace: string, image: string): object[] {
  const labels = { app: 'client' };
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

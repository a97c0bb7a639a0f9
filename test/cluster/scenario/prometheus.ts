const METADATA = { name: 'prometheus' };

/** A Prometheus with a configuration, in a namespace of restricted pods. */
export function prometheusObjects(config: string, image: string): object[] {
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: METADATA, data: { 'prometheus.yml': config } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...METADATA, labels: { 'keeptrusts-test': 'prometheus' } },
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 1,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 65532,
          fsGroup: 65532,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: 'prometheus',
            image,
            imagePullPolicy: 'IfNotPresent',
            args: ['--config.file=/etc/prometheus/prometheus.yml', '--storage.tsdb.path=/data'],
            ports: [{ containerPort: 9090 }],
            readinessProbe: { httpGet: { path: '/-/ready', port: 9090 }, periodSeconds: 1 },
            resources: { requests: { cpu: '50m', memory: '128Mi' } },
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
            },
            volumeMounts: [
              { name: 'config', mountPath: '/etc/prometheus' },
              { name: 'data', mountPath: '/data' },
            ],
          },
        ],
        volumes: [
          { name: 'config', configMap: { name: METADATA.name } },
          { name: 'data', emptyDir: {} },
        ],
      },
    },
  ];
}

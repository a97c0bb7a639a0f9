import type { GovernanceGatewaySpec } from '../../crds/types/governancegateway.ts';
import type { KubeObject, Manifest } from '../runtime/objects.ts';
import { DRAIN_DELAY_SECONDS, gatewayArguments } from './arguments.ts';
import type { RenderInput } from './input.ts';
import { selectorLabels, standardLabels } from './labels.ts';
import { childMetadata } from './metadata.ts';
import { childName, PORTS } from './names.ts';
import { CONTAINER_SECURITY, POD_SECURITY } from './pod-security.ts';
import { renderMounts, renderVolumes } from './volumes.ts';

const GATEWAY_CONTAINER = 'gateway';

/** On a pod: uid of its ServiceAccount, where that was made anew. */
export const ACCOUNT_ANNOTATION = 'governance.keeptrusts.com/service-account-uid';

/** Seconds beyond the delay and the grace of the drain, for what is left to be shipped and the spool to be closed. */
const CLOSING_SECONDS = 10;

export function renderDeployment(input: RenderInput): Manifest {
  const { shape, renewedAccount } = input;
  const annotations =
    renewedAccount === undefined ? {} : { annotations: { [ACCOUNT_ANNOTATION]: renewedAccount } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: childMetadata(input),
    spec: {
      replicas: shape.replicas,
      // Said also where it is the default: set by a hand, nothing of ours would be rolled out any more.
      paused: input.paused,
      revisionHistoryLimit: 3,
      selector: { matchLabels: selectorLabels(input.gateway) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels: standardLabels(input.gateway), ...annotations },
        spec: {
          serviceAccountName: childName(input.gateway),
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          dnsPolicy: 'ClusterFirst',
          terminationGracePeriodSeconds: DRAIN_DELAY_SECONDS + shape.drainGraceSeconds + CLOSING_SECONDS,
          securityContext: POD_SECURITY,
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'ScheduleAnyway',
              labelSelector: { matchLabels: selectorLabels(input.gateway) },
            },
          ],
          containers: [renderContainer(input)],
          volumes: renderVolumes(input),
        },
      },
    },
  };
}

function renderContainer(input: RenderInput): object {
  return {
    name: GATEWAY_CONTAINER,
    image: input.image,
    imagePullPolicy: 'IfNotPresent',
    args: gatewayArguments(input),
    env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    ports: [
      { name: 'traffic', containerPort: PORTS.traffic, protocol: 'TCP' },
      { name: 'admin', containerPort: PORTS.admin, protocol: 'TCP' },
    ],
    // A gateway is ready within a second of its start.
    readinessProbe: probe('/readyz', 1, 2),
    livenessProbe: probe('/healthz', 10, 6),
    ...resourcesOf(input.shape),
    securityContext: CONTAINER_SECURITY,
    volumeMounts: renderMounts(input),
  };
}

function probe(path: string, periodSeconds: number, failureThreshold: number): object {
  return { httpGet: { path, port: 'admin' }, periodSeconds, timeoutSeconds: 2, failureThreshold };
}

function resourcesOf({ resources }: GovernanceGatewaySpec): { resources?: object } {
  return resources === undefined ? {} : { resources };
}

/** The resources that a Deployment of ours has; undefined where it states none. */
export function resourcesIn({ spec }: KubeObject): GovernanceGatewaySpec['resources'] {
  const { template } = spec as { template?: { spec?: { containers?: Container[] } } };
  const container = template?.spec?.containers?.find(({ name }) => name === GATEWAY_CONTAINER);
  return container?.resources;
}

interface Container {
  name: string;
  resources?: NonNullable<GovernanceGatewaySpec['resources']>;
}

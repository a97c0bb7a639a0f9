import { isLoopback } from '../../gateway/contract/openness.ts';
import { KubeClient } from '../kube/client.ts';
import { type Kube, loadKube } from '../kube/config.ts';
import { kubeEventSink } from '../kube/events.ts';
import { fenced } from '../kube/fence.ts';
import { KubeObjects } from '../kube/objects.ts';
import { checkAccess } from '../kube/preflight.ts';
import { PODS, WATCHED, type WatchedResource } from '../kube/resources.ts';
import {
  ensurePortsFree,
  type GatewayProcessDeps,
  type GatewayProcessOptions,
  gatewayProcesses,
  processAddress,
} from '../local/gateways.ts';
import type { ClusterOptions } from '../options.ts';
import { childName, PORTS } from '../render/names.ts';
import type { Part, Phase } from '../runtime/manager.ts';
import type { Common, Surroundings, SurroundingsMaker } from '../surroundings.ts';
import { kubeMetrics } from '../telemetry/kube-metrics.ts';
import { createLeaderMetrics } from '../telemetry/leader-metrics.ts';
import { clusterAccess } from './access.ts';
import { ClusterElection } from './election.ts';
import { DeploymentOverlay } from './overlay.ts';
import { cacheProblems, unfilled } from './problems.ts';

export interface ClusterDeps extends GatewayProcessDeps {
  /** Makes the names of processes. */
  uuid: () => string;
  hostname: string;
  /** The gateway's image of this release. */
  image: string;
  /** The process must end at once: another may act by now. */
  lost(reason: string): void;
}

/** Objects of an API server; gateways as pods, or as processes of this machine. */
export function clusterSurroundings(
  cluster: ClusterOptions,
  options: GatewayProcessOptions,
  deps: ClusterDeps,
): SurroundingsMaker {
  return async (stop) => {
    const { kubeconfig, context, namespaces } = cluster;
    const kube = await loadKube({
      ...(kubeconfig === null ? {} : { kubeconfig }),
      ...(context === null ? {} : { context }),
    });
    try {
      await checkAccess(kube, kindsOf(cluster), namespaces, stop);
      if (cluster.localGateways) await ensurePortsFree(options, deps.clock);
    } catch (error) {
      await kube.close();
      throw error;
    }
    return (common) => surround(kube, cluster, options, deps, common);
  };
}

function surround(
  kube: Kube,
  cluster: ClusterOptions,
  options: GatewayProcessOptions,
  deps: ClusterDeps,
  common: Common,
): Surroundings {
  const { clock, random, report, lost } = deps;
  const { registry } = common.metrics;
  const log = deps.log.child({ part: 'kube' });
  const calls = { clock, random, log, metrics: kubeMetrics(registry, clock) };
  const identity = `${deps.hostname}_${common.store.shared ? deps.uuid() : common.store.identity}`;
  // The lease has a client of its own: it must be written before, and beside, what waits in the other.
  const election = cluster.leaderElect
    ? new ClusterElection(
        {
          namespace: cluster.leaseNamespace ?? kube.namespace ?? 'default',
          identity,
          store: common.store,
          localGateways: cluster.localGateways,
        },
        {
          ...calls,
          client: new KubeClient(kube, calls),
          metrics: createLeaderMetrics(registry),
          report,
          lost,
        },
      )
    : null;
  const client = new KubeClient(election === null ? kube : fenced(kube, () => election.mayAct()), calls);
  const scope = cluster.namespaces === null ? {} : { namespaces: cluster.namespaces };
  const objects = new KubeObjects(client, { ...scope, kinds: kindsOf(cluster) }, calls);
  kube.onRenewal(() => objects.doubt());
  const parts: { phase: Phase; part: Part }[] = [
    { phase: 'servers', part: { name: 'connections', start: async () => {}, stop: () => kube.close() } },
    {
      phase: 'caches',
      part: {
        name: 'caches',
        start: (signal) => objects.start(signal),
        stop: () => objects.stop(),
        waitsFor: () => unfilled(objects.health()),
      },
    },
    ...(election === null ? [] : [{ phase: 'leader' as const, part: election.part }]),
  ];
  const where = cluster.namespaces === null ? 'any namespace' : cluster.namespaces.join(', ');
  const shared = {
    access: clusterAccess(kube, {
      ...calls,
      cache: objects.cache,
      knowsAccounts: () => objects.health().every(({ kind, synced }) => synced || kind !== 'ServiceAccount'),
    }),
    events: kubeEventSink(client, identity),
    gatewaysReportTo: cluster.advertiseUrl ?? common.apiUrl,
    election,
    problems: () => cacheProblems(objects.health()),
    emptiness: () => `there is no policy and no target in ${where}`,
  };
  if (!cluster.localGateways) {
    const warn = async (): Promise<void> => {
      if (!isLoopback(new URL(shared.gatewaysReportTo).host)) return;
      report(
        `gateways run as pods, which cannot reach ${shared.gatewaysReportTo}: name the address of this API for them with --advertise-url, or run them here with --local-gateways`,
      );
    };
    return {
      ...shared,
      client: objects,
      pods: objects,
      parts: [...parts, { phase: 'leader', part: { name: 'advice', start: warn, stop: async () => {} } }],
      image: cluster.gatewayImage ?? deps.image,
      paused: false,
      gateways: 'pods',
      listen: '0.0.0.0',
      instances: () => [],
      address: (namespace, gateway) => `http://${childName(gateway)}.${namespace}.svc:${PORTS.traffic}`,
    };
  }
  const overlay = new DeploymentOverlay(objects);
  const node = gatewayProcesses(options, deps, {
    ...common,
    client: overlay.node,
    secretHint: 'the operator reads no Secrets, so set',
  });
  const processes = { name: 'node', start: async () => node.start(), stop: () => node.stop() };
  return {
    ...shared,
    client: overlay,
    pods: null,
    parts: [...parts, { phase: 'leader', part: processes }],
    image: deps.image,
    paused: true,
    gateways: 'here',
    listen: options.host,
    instances: () => node.instances(),
    address: (namespace, gateway) => processAddress(node.instances(), namespace, gateway),
  };
}

/** Gateways that run here have no pods, and the operator then needs no right to see any. */
function kindsOf({ localGateways }: ClusterOptions): readonly WatchedResource[] {
  return localGateways ? WATCHED : [...WATCHED, PODS];
}

import type { GovernanceGatewaySpec } from '../../crds/types/governancegateway.ts';
import type { GovernancePolicySpec } from '../../crds/types/governancepolicy.ts';
import type { ProviderTargetSpec } from '../../crds/types/providertarget.ts';
import { readAccepted } from '../domain/accepted.ts';
import { gatewaysOf } from '../domain/attach.ts';
import { problemsOfResources } from '../domain/gateway-resources.ts';
import {
  type AcceptedSpec,
  type Gateway,
  KINDS,
  type Policy,
  type Resource,
  type Snapshot,
  type Target,
} from '../domain/snapshot.ts';
import { acceptedIn, HASH_ANNOTATION, REVISION_ANNOTATION } from '../render/configmap.ts';
import { resourcesIn } from '../render/deployment.ts';
import { GATEWAY_LABEL } from '../render/labels.ts';
import { childName } from '../render/names.ts';
import { IMPLICIT_SHAPE } from '../render/shape.ts';
import type { KubeObject, ObjectCache, OwnerReference } from '../runtime/objects.ts';

/** An object as deciding sees it. */
export function resource<Spec>(object: KubeObject): Resource<Spec> {
  const { namespace, name, uid, generation } = object.metadata;
  return { namespace, name, uid, generation, spec: object.spec as Spec };
}

export const policiesOf = (cache: ObjectCache, namespace: string): Policy[] =>
  cache.list(KINDS.policy, namespace).map((object) => resource<GovernancePolicySpec>(object));

export const targetsOf = (cache: ObjectCache, namespace: string): Target[] =>
  cache.list(KINDS.target, namespace).map((object) => resource<ProviderTargetSpec>(object));

function gatewayObject(cache: ObjectCache, namespace: string, name: string): Gateway | null {
  const object = cache.get({ kind: KINDS.gateway, namespace, name });
  return object === undefined ? null : resource<GovernanceGatewaySpec>(object);
}

/** Names of the gateways that a namespace has. */
export function gatewayNames(cache: ObjectCache, namespace: string): string[] {
  return gatewaysOf(
    cache.list(KINDS.gateway, namespace).map((object) => object.metadata.name),
    cache.list(KINDS.policy, namespace).length,
    cache.list(KINDS.target, namespace).length,
  );
}

/** Names of the gateways that we made something for, whether they are still wanted or not. */
export function renderedGateways(cache: ObjectCache, namespace: string): string[] {
  const names = ['ConfigMap', 'Deployment']
    .flatMap((kind) => cache.list(kind, namespace))
    .map((object) => object.metadata.labels?.[GATEWAY_LABEL]);
  return [...new Set(names)].filter((name) => name !== undefined);
}

export function gatherSnapshot(
  cache: ObjectCache,
  namespace: string,
  gateway: string,
  parts: {
    controlPlane: Snapshot['controlPlane'];
    accepted: readonly AcceptedSpec[];
    /** The newest revision that we know to have given. */
    given: Snapshot['previous'];
  },
): Snapshot {
  const configMaps = cache
    .list('ConfigMap', namespace)
    .filter(({ metadata: { name, labels } }) => name === childName(labels?.[GATEWAY_LABEL] ?? ''));
  const own = configMaps.find((object) => object.metadata.name === childName(gateway));
  return {
    namespace,
    gateway,
    gatewayObject: gatewayObject(cache, namespace, gateway),
    policies: policiesOf(cache, namespace),
    targets: targetsOf(cache, namespace),
    accepted: [...parts.accepted, ...configMaps.flatMap((object) => readAccepted(acceptedIn(object)))],
    previous: newer(own === undefined ? null : revisionOf(own), parts.given),
    controlPlane: parts.controlPlane,
  };
}

/** A cache may lag behind what we wrote ourselves, and a gateway that is made again goes on counting. */
function newer(a: Snapshot['previous'], b: Snapshot['previous']): Snapshot['previous'] {
  return (b?.number ?? 0) > (a?.number ?? 0) ? b : (a ?? b);
}

/** What a gateway's ConfigMap says that it holds; null where a hand has taken that away. */
export function revisionOf(configMap: KubeObject): Snapshot['previous'] {
  const hash = configMap.metadata.annotations?.[HASH_ANNOTATION];
  const number = Number(configMap.metadata.annotations?.[REVISION_ANNOTATION]);
  return hash === undefined || !Number.isSafeInteger(number) ? null : { number, hash };
}

/**
 * Who owns a gateway's objects: the GovernanceGateway, or for the implicit one every policy and target of the
 * namespace, so that the objects go when the last of them goes.
 */
export function ownersOf(cache: ObjectCache, snapshot: Snapshot): OwnerReference[] {
  const { namespace, gatewayObject: declared } = snapshot;
  const owners =
    declared === null
      ? [...cache.list(KINDS.policy, namespace), ...cache.list(KINDS.target, namespace)]
      : cache.list(KINDS.gateway, namespace).filter((object) => object.metadata.uid === declared.uid);
  return owners.map(({ apiVersion, kind, metadata: { name, uid } }) => ({ apiVersion, kind, name, uid }));
}

/** With resources that the API server would refuse left as the pods have them: nothing else of it is wrong. */
export function shapeOf(
  cache: ObjectCache,
  { namespace, gateway, gatewayObject }: Snapshot,
): GovernanceGatewaySpec {
  if (gatewayObject === null) return IMPLICIT_SHAPE;
  const { spec } = gatewayObject;
  if (problemsOfResources(spec).length === 0) return spec;
  const { resources: _, ...sound } = spec;
  const deployment = cache.get({ kind: 'Deployment', namespace, name: childName(gateway) });
  const resources = deployment === undefined ? IMPLICIT_SHAPE.resources : resourcesIn(deployment);
  return resources === undefined ? sound : { ...sound, resources };
}

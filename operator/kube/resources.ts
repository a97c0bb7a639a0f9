import { API_VERSION, KINDS } from '../domain/snapshot.ts';
import { MANAGED_BY } from '../render/labels.ts';
import { podSummary } from './pods.ts';

/** A kind as the API server's paths name it. */
export interface Resource {
  kind: string;
  apiVersion: string;
  plural: string;
  /** What is kept of an object as the server sends it; everything without it. */
  summary?(raw: Record<string, unknown>): Record<string, unknown>;
}

/** A kind that is cached, and which of its objects. */
export interface WatchedResource extends Resource {
  labelSelector?: string;
}

const OURS_ONLY = `app.kubernetes.io/managed-by=${MANAGED_BY}`;

/** Everything that controllers read. Of the cluster's own kinds only what we made: there may be 100,000 others. */
export const WATCHED: readonly WatchedResource[] = [
  { kind: KINDS.policy, apiVersion: API_VERSION, plural: 'governancepolicies' },
  { kind: KINDS.target, apiVersion: API_VERSION, plural: 'providertargets' },
  { kind: KINDS.gateway, apiVersion: API_VERSION, plural: 'governancegateways' },
  { kind: 'Deployment', apiVersion: 'apps/v1', plural: 'deployments', labelSelector: OURS_ONLY },
  { kind: 'ConfigMap', apiVersion: 'v1', plural: 'configmaps', labelSelector: OURS_ONLY },
  { kind: 'Service', apiVersion: 'v1', plural: 'services', labelSelector: OURS_ONLY },
  { kind: 'ServiceAccount', apiVersion: 'v1', plural: 'serviceaccounts', labelSelector: OURS_ONLY },
];

/** Watched beside them where gateways run as pods. */
export const PODS: WatchedResource = {
  kind: 'Pod',
  apiVersion: 'v1',
  plural: 'pods',
  labelSelector: OURS_ONLY,
  summary: podSummary,
};

/** Written and read one by one. */
const UNWATCHED: readonly Resource[] = [
  { kind: 'Event', apiVersion: 'v1', plural: 'events' },
  { kind: 'Lease', apiVersion: 'coordination.k8s.io/v1', plural: 'leases' },
];

const BY_KIND = new Map([...WATCHED, PODS, ...UNWATCHED].map((resource) => [resource.kind, resource]));

/** @throws Error for a kind that the operator has no use for */
export function resourceOf(kind: string): Resource {
  const resource = BY_KIND.get(kind);
  if (resource === undefined) throw new Error(`the operator knows no kind ${kind}`);
  return resource;
}

/** The path of one object, of a namespace's objects, or of all. */
export function pathOf({ apiVersion, plural }: Resource, namespace?: string, name?: string): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${group}${scope}/${plural}${object}`;
}

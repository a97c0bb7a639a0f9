export interface KubeObject {
  kind: string;
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    generation?: number;
    /** When it has to be gone. */
    deletionTimestamp?: string;
    deletionGracePeriodSeconds?: number;
  };
  status?: Record<string, unknown>;
}

export interface PodObject extends KubeObject {
  spec: { containers: { ports?: { name?: string; containerPort: number }[] }[] };
  status: {
    phase: string;
    podIP?: string;
    conditions?: { type: string; status: string }[];
    containerStatuses?: { restartCount: number }[];
  };
}

const OURS = 'apis/governance.keeptrusts.com/v1alpha1';

/** Kinds as kubectl is told, and where the API server has them. */
const FOLDERS: Readonly<Record<string, string>> = {
  governancepolicy: `${OURS}/governancepolicies`,
  providertarget: `${OURS}/providertargets`,
  governancegateway: `${OURS}/governancegateways`,
  deployment: 'apis/apps/v1/deployments',
  configmap: 'api/v1/configmaps',
  namespace: 'api/v1/namespaces',
  pod: 'api/v1/pods',
  secret: 'api/v1/secrets',
  service: 'api/v1/services',
  serviceaccount: 'api/v1/serviceaccounts',
};

/** The path of `kind/name`, or of all of a `kind`. @throws Error for a kind that scenarios have not used yet */
export function objectPath(name: string, namespace: string): string {
  const [kind = '', object] = name.split('/');
  const folder = FOLDERS[kind];
  if (folder === undefined) throw new Error(`${kind}: name its path in objects.ts`);
  const [, version, plural] = /^(.+)\/(.+?)$/.exec(folder)!;
  const scope = kind === 'namespace' ? '' : `/namespaces/${namespace}`;
  return `/${version}${scope}/${plural}${object === undefined ? '' : `/${object}`}`;
}

/**
 * Where `found` does not hold what `wanted` lists, or null. Of a list, some element holds each that is
 * listed; `{contains: TEXT}` stands for any text with it, and null for nothing.
 */
export function mismatch(found: unknown, wanted: unknown, path = ''): string | null {
  if (Array.isArray(wanted)) {
    const list: unknown[] = Array.isArray(found) ? found : [];
    const index = wanted.findIndex((one) => list.every((other) => mismatch(other, one) !== null));
    return index < 0 ? null : `${path}[${index}]: nothing like it in ${JSON.stringify(found)}`;
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if ('contains' in wanted)
      return String(found).includes(String(wanted.contains)) ? null : `${path} lacks '${wanted.contains}'`;
    if (typeof found !== 'object' || found === null) return `${path} is ${JSON.stringify(found)}`;
    for (const [name, value] of Object.entries(wanted)) {
      const fault = mismatch((found as Record<string, unknown>)[name], value, `${path}.${name}`);
      if (fault !== null) return fault;
    }
    return null;
  }
  if (wanted === null && found === undefined) return null;
  return found === wanted ? null : `${path} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`;
}

import type { ResourceProblem } from '../../operator/api/problems.ts';
import { type ApiClient, createApiClient } from '../api.ts';
import { namesCluster } from '../cluster-token.ts';
import type { Endpoint, EndpointFlags } from '../endpoint.ts';
import type { Io } from '../io.ts';
import { lintFile } from '../lint-file.ts';
import { openEndpoint } from '../open-endpoint.ts';
import { checkCluster } from './cluster.ts';
import { openness } from './openness.ts';
import { more, resourcesResult } from './resources.ts';

export interface CheckResult {
  layer:
    | 'config'
    | 'kubeconfig'
    | 'cluster'
    | 'crds'
    | 'operator'
    | 'api'
    | 'access'
    | 'resources'
    | 'gateway'
    | 'providers'
    | 'events';
  status: 'ok' | 'warning' | 'failed' | 'skipped';
  detail: string;
}

/** Each layer in turn, outermost first. A layer behind a failed one that it needs is skipped and says so. */
export async function runChecks(flags: DoctorFlags, io: Io): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  if (flags.config !== undefined) results.push(await checkConfig(flags.config));
  const inCluster = namesCluster(flags);
  const behind = [...(inCluster ? (['access'] as const) : []), 'resources', ...BEHIND] as const;
  if (inCluster) {
    results.push(...(await checkCluster(flags)));
    const broken = results.find(({ status, layer }) => status === 'failed' && layer !== 'config');
    if (broken !== undefined) return [...results, ...skipped(broken.layer, 'api', ...behind)];
  }
  let endpoint: Endpoint;
  try {
    endpoint = await openEndpoint(flags, io);
  } catch (error) {
    return [...results, failed('api', error), ...skipped('api', ...behind)];
  }
  const lone = endpoint.kind === 'gateway';
  const api = await checkApi(endpoint);
  results.push(api);
  if (api.status === 'failed') return [...results, ...skipped('api', ...(lone ? BEHIND : behind))];
  const client = createApiClient(endpoint);
  if (lone) return [...results, ...(await checkLoneGateway(client)), await checkEvents(client, {})];
  const where = { namespace: flags.namespace };
  if (inCluster) {
    const access = await checkAccess(client, where);
    results.push(access);
    if (access.status === 'failed') return [...results, ...skipped('access', 'resources', ...BEHIND)];
  }
  return [
    ...results,
    await checkResources(client, where),
    ...(await checkInstances(client, where)),
    await checkEvents(client, where),
  ];
}

const BEHIND = ['gateway', 'providers', 'events'] as const;

export interface DoctorFlags extends EndpointFlags {
  config?: string;
  namespace?: string;
}

/** What of the API is asked for: of one namespace, or of all. */
type Where = Readonly<Record<string, string | undefined>>;

/** Whether the token is taken, and good for what comes behind. */
async function checkAccess(client: ApiClient, where: Where): Promise<CheckResult> {
  try {
    await client.get('/v1/events', { ...where, limit: '1' });
    const of = where['namespace'] === undefined ? 'all namespaces' : `namespace ${where['namespace']}`;
    return { layer: 'access', status: 'ok', detail: `your token is taken, and you may list events of ${of}` };
  } catch (error) {
    return failed('access', error);
  }
}

async function checkConfig(file: string): Promise<CheckResult> {
  try {
    const { problems } = await lintFile(file);
    const first = problems[0];
    if (first === undefined) return { layer: 'config', status: 'ok', detail: `${file} is valid` };
    return {
      layer: 'config',
      // Errors come first.
      status: first.severity === 'error' ? 'failed' : 'warning',
      detail: `${file}:${first.line}:${first.column} ${first.code} ${first.message}${more(problems)}`,
    };
  } catch (error) {
    return failed('config', error);
  }
}

async function checkApi(endpoint: Endpoint): Promise<CheckResult> {
  try {
    const answer = await fetch(`${endpoint.url}/readyz`, { signal: AbortSignal.timeout(5_000) });
    if (answer.ok)
      return { layer: 'api', status: 'ok', detail: `${endpoint.url} is ready (from ${endpoint.from})` };
    return {
      layer: 'api',
      status: 'failed',
      detail: `${endpoint.url} answers ${answer.status}: it is not ready. Its log says why.`,
    };
  } catch {
    return {
      layer: 'api',
      status: 'failed',
      detail: `${endpoint.url} (from ${endpoint.from}) cannot be reached. Start 'kt up' or 'kt gateway run', or name another with --api-url.`,
    };
  }
}

/** What the control plane says of the folder: an edit that is refused leaves everything behind it green. */
async function checkResources(client: ApiClient, where: Where): Promise<CheckResult> {
  try {
    const { problems } = await client.get<{ problems: ResourceProblem[] }>('/v1/problems', where);
    return resourcesResult(problems);
  } catch (error) {
    return failed('resources', error);
  }
}

interface Instance {
  namespace: string;
  gateway: string;
  instance: string;
  ready: boolean;
  revision: { number: number | null } | null;
  rejected: { problems: { code: string; message: string }[] } | null;
  backlog: number;
  targets: { id: string; unavailable: string | null }[];
}

async function checkInstances(client: ApiClient, where: Where): Promise<CheckResult[]> {
  try {
    const { instances } = await client.get<{ instances: Instance[] }>('/v1/instances', where);
    if (instances.length === 0) {
      return [
        {
          layer: 'gateway',
          status: 'failed',
          detail: 'no gateway reports to the control plane. Is there a policy and a target?',
        },
      ];
    }
    const unready = instances.find((instance) => !instance.ready);
    if (unready !== undefined) {
      return [
        {
          layer: 'gateway',
          status: 'failed',
          detail: `${unready.namespace}/${unready.gateway} (${unready.instance}) is not ready`,
        },
      ];
    }
    const refusing = instances.find((instance) => instance.rejected !== null);
    if (refusing !== undefined) {
      const problem = refusing.rejected?.problems[0];
      const detail = `${refusing.namespace}/${refusing.gateway} refused its newest document: ${problem?.code} ${problem?.message}`;
      return [{ layer: 'gateway', status: 'failed', detail }];
    }
    return [{ layer: 'gateway', status: 'ok', detail: `${instances.length} ready` }, providersOf(instances)];
  } catch (error) {
    return [failed('gateway', error)];
  }
}

/** A target is usable where every instance can use it. */
function providersOf(instances: readonly Instance[]): CheckResult {
  const states = new Map<string, string | null>();
  for (const { namespace, instance, targets } of instances) {
    for (const { id, unavailable } of targets) {
      const name = `${namespace}/${id}`;
      const why = unavailable === null ? null : `${instance}: ${unavailable}`;
      states.set(name, states.get(name) ?? why);
    }
  }
  return providersResult([...states].map(([id, unavailable]) => ({ id, unavailable })));
}

interface Health {
  policies_loaded: number;
  providers: Record<string, { status: string; reason?: string }>;
}

async function checkLoneGateway(client: ApiClient): Promise<CheckResult[]> {
  try {
    const { policies_loaded, providers } = await client.get<Health>('/health');
    const targets = Object.entries(providers).map(([id, { status, reason }]) => ({
      id,
      unavailable: status === 'available' ? null : (reason ?? status),
    }));
    const open = await openness(client);
    return [
      open === null
        ? {
            layer: 'gateway',
            status: 'ok',
            detail: `ready, ${policies_loaded} ${policies_loaded === 1 ? 'entry' : 'entries'}`,
          }
        : { layer: 'gateway', status: 'failed', detail: open },
      providersResult(targets),
    ];
  } catch (error) {
    return [failed('gateway', error)];
  }
}

/** Fails when no target can be used; one that cannot, beside others that can, is a warning. */
function providersResult(targets: readonly { id: string; unavailable: string | null }[]): CheckResult {
  const usable = targets.filter((target) => target.unavailable === null);
  const detail = targets
    .map(({ id, unavailable }) => (unavailable === null ? id : `${id}: ${unavailable}`))
    .join('; ');
  if (usable.length === targets.length)
    return { layer: 'providers', status: 'ok', detail: detail || 'no target' };
  return { layer: 'providers', status: usable.length === 0 ? 'failed' : 'warning', detail };
}

async function checkEvents(client: ApiClient, where: Where): Promise<CheckResult> {
  try {
    const { count } = await client.get<{ count: number }>('/v1/events', {
      ...where,
      count: 'true',
      since: '1h',
    });
    return { layer: 'events', status: 'ok', detail: `${count} in the last hour` };
  } catch (error) {
    return failed('events', error);
  }
}

const failed = (layer: CheckResult['layer'], error: unknown): CheckResult => ({
  layer,
  status: 'failed',
  detail: error instanceof Error ? error.message : String(error),
});

const skipped = (first: CheckResult['layer'], ...layers: CheckResult['layer'][]): CheckResult[] =>
  layers.map((layer) => ({ layer, status: 'skipped', detail: `the ${first} layer comes first` }));

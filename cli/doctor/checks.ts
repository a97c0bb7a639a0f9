import type { ResourceProblem } from '../../operator/api/problems.ts';
import { type ApiClient, createApiClient } from '../api.ts';
import { namesCluster } from '../cluster-token.ts';
import type { Endpoint, EndpointFlags } from '../endpoint.ts';
import type { Io } from '../io.ts';
import { lintFile } from '../lint-file.ts';
import { openEndpoint } from '../open-endpoint.ts';
import { checkCluster } from './cluster.ts';
import { checkInstances, checkLoneGateway } from './gateways.ts';
import { resourcesResult } from './resources.ts';
import { type CheckResult, failed, ofProblems, skipped, type Where } from './result.ts';

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
    const told = problems.map(({ severity, line, column, code, message }) => ({
      severity,
      detail: `${file}:${line}:${column} ${code} ${message}`,
    }));
    return ofProblems('config', told) ?? { layer: 'config', status: 'ok', detail: `${file} is valid` };
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

import type { Kube } from '../../operator/kube/config.ts';
import { type ClusterFlags, openCluster } from '../cluster-token.ts';
import { OPERATOR } from '../port-forward.ts';
import type { CheckResult } from './result.ts';

type Layer = 'kubeconfig' | 'cluster' | 'crds' | 'operator';

/** Milliseconds for one answer of the API server. */
const ANSWER_MS = 10_000;

const GROUP = 'governance.keeptrusts.com';

/** From the kubeconfig to the operator's pods, as the person who asks may see them; it ends with the first that fails. */
export async function checkCluster(flags: ClusterFlags): Promise<CheckResult[]> {
  let kube: Kube;
  try {
    kube = await openCluster(flags);
  } catch (error) {
    return [result('kubeconfig', 'failed', error instanceof Error ? error.message : String(error))];
  }
  const results = [result('kubeconfig', 'ok', `it names ${kube.server}`)];
  try {
    for (const check of [checkServer, checkKinds, checkOperator]) {
      const next = await check(kube);
      results.push(next);
      if (next.status === 'failed') break;
    }
    return results;
  } finally {
    await kube.close();
  }
}

async function checkServer(kube: Kube): Promise<CheckResult> {
  const apiVersion = 'authentication.k8s.io/v1';
  const review = JSON.stringify({ apiVersion, kind: 'SelfSubjectReview' });
  const { status, body, why } = await ask(kube, `/apis/${apiVersion}/selfsubjectreviews`, review);
  if (status === 401)
    return result(
      'cluster',
      'failed',
      `${kube.server} refused the credentials of the kubeconfig. Renew them.`,
    );
  const failure = failureOf(kube, status, why);
  if (failure !== null) return result('cluster', 'failed', failure);
  const { userInfo } = (body['status'] ?? {}) as { userInfo?: { username?: string } };
  return result('cluster', 'ok', `${kube.server} knows you as ${userInfo?.username ?? 'somebody'}`);
}

async function checkKinds(kube: Kube): Promise<CheckResult> {
  const { status, body, why } = await ask(kube, `/apis/${GROUP}/v1alpha1`);
  if (status === 404)
    return result('crds', 'failed', `the cluster has no ${GROUP}: install it with 'kubectl apply -k crds'`);
  const failure = failureOf(kube, status, why);
  if (failure !== null) return result('crds', 'failed', failure);
  const { resources = [] } = body as { resources?: { name: string }[] };
  const names = resources.map(({ name }) => name).filter((name) => !name.includes('/'));
  return result('crds', 'ok', names.join(', '));
}

async function checkOperator(kube: Kube): Promise<CheckResult> {
  const { namespace, name } = OPERATOR;
  const { status, body, why } = await ask(kube, `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
  const what = `Deployment ${namespace}/${name}`;
  if (status === 403) return result('operator', 'warning', `you may not look at ${what}`);
  if (status === 404)
    return result(
      'operator',
      'failed',
      `there is no ${what}: install it with 'kubectl apply -k config/default'`,
    );
  const failure = failureOf(kube, status, why);
  if (failure !== null) return result('operator', 'failed', failure);
  const { availableReplicas = 0, conditions = [] } = (body['status'] ?? {}) as DeploymentStatus;
  if (availableReplicas > 0) return result('operator', 'ok', `${what} has ${availableReplicas} available`);
  const told =
    conditions.find((condition) => condition.status === 'False')?.message ?? 'its pods are not ready';
  return result('operator', 'failed', `${what} has no pod that is available: ${told}`);
}

interface DeploymentStatus {
  availableReplicas?: number;
  conditions?: { status: string; message?: string }[];
}

interface Answer {
  /** 0 where there was none. */
  status: number;
  body: Record<string, unknown>;
  /** Why there was none. */
  why: string;
}

/** Never throws: what does not answer is what is looked for. */
async function ask(kube: Kube, path: string, body?: string): Promise<Answer> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const post = { method: 'POST', headers: { 'content-type': 'application/json' } } as const;
  try {
    const request = {
      path,
      signal,
      ...(body === undefined ? { method: 'GET' as const } : { ...post, body }),
    };
    const { statusCode, body: answer } = await kube.send(request);
    return { status: statusCode, body: parse(await answer.text()), why: '' };
  } catch (error) {
    if (signal.aborted) return { status: 0, body: {}, why: `nothing within ${ANSWER_MS / 1000} s` };
    const { code, message } = error as NodeJS.ErrnoException;
    return { status: 0, body: {}, why: code ?? message };
  }
}

/** A proxy may answer something else. */
function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

function failureOf(kube: Kube, status: number, why: string): string | null {
  if (status === 0) return `${kube.server} does not answer: ${why}`;
  return status >= 200 && status < 300 ? null : `${kube.server} answers with status ${status}`;
}

const result = (layer: Layer, status: CheckResult['status'], detail: string): CheckResult => ({
  layer,
  status,
  detail,
});

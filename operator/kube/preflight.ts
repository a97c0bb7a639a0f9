import { KINDS } from '../domain/snapshot.ts';
import type { Kube } from './config.ts';
import { CredentialError, noAnswer, refusal, tlsFault } from './errors.ts';
import { pathOf, type Resource } from './resources.ts';

/** Milliseconds for the first answer of an API server. */
const FIRST_MS = 15_000;

const OURS: ReadonlySet<string> = new Set(Object.values(KINDS));

/**
 * Asks the API server once for each thing that the operator cannot do without, so that what is missing is said in one
 * line at the start and not by caches that never fill.
 *
 * @throws Error that says what is missing and what to do, or the signal's reason
 */
export async function checkAccess(
  kube: Pick<Kube, 'server' | 'send'>,
  kinds: readonly Resource[],
  namespaces: readonly string[] | null,
  stop: AbortSignal,
): Promise<void> {
  const scopes = namespaces ?? [undefined];
  for (const [index, resource] of kinds.entries()) {
    // A right is given for a namespace as a whole, so that one kind tells for the others.
    for (const namespace of index === 0 ? scopes : scopes.slice(0, 1))
      await checkOne(kube, resource, namespace, stop);
  }
}

async function checkOne(
  kube: Pick<Kube, 'server' | 'send'>,
  resource: Resource,
  namespace: string | undefined,
  stop: AbortSignal,
): Promise<void> {
  const { kind, plural } = resource;
  const path = `${pathOf(resource, namespace)}?limit=1`;
  let status: number;
  let text: string;
  try {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(FIRST_MS)]);
    const answer = await kube.send({ method: 'GET', path, signal });
    status = answer.statusCode;
    text = await answer.body.text();
  } catch (error) {
    stop.throwIfAborted();
    if (error instanceof CredentialError) {
      throw new Error(`${error.message}. Mend it there, or name another with --kubeconfig or --context.`);
    }
    const fault = tlsFault(error);
    if (fault !== null) {
      throw new Error(
        `${kube.server}: its certificate or its TLS is not accepted: ${fault}. Look whether the address and the certificate-authority of the kubeconfig are this cluster's.`,
      );
    }
    const late = error instanceof Error && error.name === 'TimeoutError';
    const why = late ? new Error(`nothing within ${FIRST_MS / 1000} s`) : error;
    throw new Error(
      `${noAnswer(why, kube.server).message}. Start the cluster, or name another with --kubeconfig or --context.`,
    );
  }
  if (status === 200) return;
  const { message } = refusal(status, text, `list ${plural}`);
  if (status === 404 && OURS.has(kind)) {
    throw new Error(
      `the cluster has no ${plural}: install the resource definitions with 'kubectl apply -k crds', then start again.`,
    );
  }
  if (status === 401) {
    throw new Error(
      `${kube.server} refused the credentials of the kubeconfig. Renew them, or name another with --kubeconfig or --context.`,
    );
  }
  if (status === 403) {
    const narrower =
      namespace === undefined ? ', or name the namespaces that it may use with --namespaces' : '';
    throw new Error(`${message}. Grant it with 'kubectl apply -k config/rbac'${narrower}.`);
  }
  if (status === 400 && kube.server.startsWith('http:')) {
    throw new Error(`${kube.server}: ${message}. If it speaks TLS, its address begins with https://.`);
  }
  throw new Error(`${kube.server}: ${message}`);
}

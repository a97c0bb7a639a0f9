import { isLoopback } from '../gateway/contract/openness.ts';
import type { Kube } from '../operator/kube/config.ts';
import { TOKEN_AUDIENCE } from '../operator/render/names.ts';
import { systemClock } from '../operator/runtime/clock.ts';
import { CliError } from './io.ts';

/** Which cluster a person works with, and as whom. */
export interface ClusterFlags {
  kubeconfig?: string;
  context?: string;
  /** `NAMESPACE/NAME` of a ServiceAccount. */
  asServiceAccount?: string;
}

/** Seconds for which a token of a ServiceAccount is asked for: the API server's least. */
const TOKEN_SECONDS = 600;
/** Milliseconds before its end at which another one is asked for. */
const RENEW_MS = 120_000;

/** Milliseconds after which a kubeconfig is read again: who logs in anew writes another token into it. */
const REREAD_MS = 60_000;

/** Whether a person says that they mean a cluster. */
export const namesCluster = ({ kubeconfig, context, asServiceAccount }: ClusterFlags): boolean =>
  kubeconfig !== undefined || context !== undefined || asServiceAccount !== undefined;

/**
 * The cluster that the flags name.
 * @throws CliError where the kubeconfig cannot be used
 */
export async function openCluster({ kubeconfig, context }: ClusterFlags): Promise<Kube> {
  // Loaded only here: most commands have no use for the client of a cluster.
  const { loadKube } = await import('../operator/kube/config.ts');
  try {
    return await loadKube({
      ...(kubeconfig !== undefined && { kubeconfig }),
      ...(context !== undefined && { context }),
    });
  } catch (error) {
    throw new CliError(error instanceof Error ? error.message : String(error));
  }
}

/** The namespace of the context, as kubectl takes it where none is named. Undefined without a cluster, or without one. */
export async function contextNamespace(flags: ClusterFlags): Promise<string | undefined> {
  if (!namesCluster(flags)) return undefined;
  const kube = await openCluster(flags);
  try {
    return kube.namespace || undefined;
  } finally {
    await kube.close();
  }
}

/**
 * Gives the person's token for each call anew: that of the kubeconfig, or one of the ServiceAccount that is named.
 * @throws CliError where the token would go to `url` unencrypted, or the account's name is none
 */
export function clusterBearer(flags: ClusterFlags, url: string): () => Promise<string> {
  const { protocol, host } = new URL(url);
  if (protocol !== 'https:' && !isLoopback(host)) {
    throw new CliError(
      `your token for the cluster would go to ${url} unencrypted. Give an https address, or forward a port ` +
        "with 'kubectl port-forward -n keeptrusts-system svc/keeptrusts-operator 8080' and use http://127.0.0.1:8080.",
      2,
    );
  }
  const account = flags.asServiceAccount === undefined ? null : accountOf(flags.asServiceAccount);
  let opened: { kube: Promise<Kube>; at: number } | undefined;
  const kube = (): Promise<Kube> => {
    const now = systemClock.monotonic();
    if (opened === undefined || now - opened.at > REREAD_MS) opened = { kube: openCluster(flags), at: now };
    return opened.kube;
  };
  return account === null ? async () => ownToken(await kube()) : accountTokens(account, kube);
}

interface Account {
  namespace: string;
  name: string;
}

function accountOf(text: string): Account {
  const [, namespace, name] = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(text) ?? [];
  if (namespace !== undefined && name !== undefined) return { namespace, name };
  throw new CliError(`--as-service-account: '${text}' is not of the form NAMESPACE/NAME.`, 2);
}

async function ownToken(kube: Kube): Promise<string> {
  let token: string | null;
  try {
    token = await kube.bearer();
  } catch (error) {
    throw new CliError(error instanceof Error ? error.message : String(error));
  }
  if (token !== null) return token;
  throw new CliError(
    'the kubeconfig holds no token but a certificate, say, which only the API server of the cluster can check. ' +
      'Name a ServiceAccount whose token you may ask for, with --as-service-account NAMESPACE/NAME.',
  );
}

/** Tokens of an account for our audience alone, each as long as it is good. */
function accountTokens(account: Account, kube: () => Promise<Kube>): () => Promise<string> {
  let held: { token: string; expiresAt: number } | undefined;
  return async () => {
    if (held !== undefined && held.expiresAt - systemClock.now() > RENEW_MS) return held.token;
    const { requestToken } = await import('../operator/kube/token-request.ts');
    const wanted = { ...account, audience: TOKEN_AUDIENCE, seconds: TOKEN_SECONDS };
    const deps = { clock: systemClock, random: Math.random, metrics: { requested: () => {} } };
    const cluster = await kube();
    try {
      held = await requestToken(cluster, wanted, deps);
    } catch (error) {
      throw new CliError(
        `${error instanceof Error ? error.message : String(error)}. Asking takes the right to create serviceaccounts/token there.`,
      );
    } finally {
      // A connection that idles would keep the program from ending.
      await cluster.close();
    }
    return held.token;
  };
}

import { isRecord } from '../runtime/json.ts';
import { type CallDeps, type CallOptions, Calls } from './calls.ts';
import type { Kube } from './config.ts';
import { KubeError } from './errors.ts';

export interface IssuedToken {
  token: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

export interface WantedToken {
  /** Of the ServiceAccount. */
  namespace: string;
  name: string;
  audience: string;
  /** At least 600, which is the API server's least. */
  seconds: number;
}

/**
 * Asks for a token of a ServiceAccount, which takes the right to create `serviceaccounts/token`.
 * @throws KubeError
 */
export async function requestToken(
  kube: Pick<Kube, 'send' | 'renew'>,
  { namespace, name, audience, seconds }: WantedToken,
  deps: CallDeps,
  options: CallOptions = {},
): Promise<IssuedToken> {
  const apiVersion = 'authentication.k8s.io/v1';
  const spec = { audiences: [audience], expirationSeconds: seconds };
  const path = ['', 'api', 'v1', 'namespaces', namespace, 'serviceaccounts', name, 'token']
    .map(encodeURIComponent)
    .join('/');
  const call = {
    verb: 'create',
    kind: 'TokenRequest',
    subject: `a token of ServiceAccount ${namespace}/${name}`,
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ apiVersion, kind: 'TokenRequest', spec }),
    // One token more does no harm.
    idempotent: true,
  } as const;
  const answer = await new Calls(kube, deps).send(call, options);
  const status = isRecord(answer) && isRecord(answer['status']) ? answer['status'] : {};
  const { token, expirationTimestamp } = status;
  const expiresAt = Date.parse(String(expirationTimestamp));
  if (typeof token !== 'string' || Number.isNaN(expiresAt))
    throw new KubeError(200, '', `create ${call.subject}: the answer holds none`);
  return { token, expiresAt };
}

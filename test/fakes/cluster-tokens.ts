import { kubectl } from './kubectl.ts';

export interface TokenOptions {
  audience?: string;
  /** The token is good while this pod is. */
  pod?: string;
}

/** A token of a ServiceAccount, by TokenRequest; for the API server itself without an audience. */
export async function accountToken(
  namespace: string,
  account: string,
  { audience, pod }: TokenOptions = {},
  kubeconfig?: string,
): Promise<string> {
  const token = await kubectl(
    [
      ...['create', 'token', account, '--namespace', namespace, '--duration=10m'],
      ...(audience === undefined ? [] : [`--audience=${audience}`]),
      ...(pod === undefined ? [] : ['--bound-object-kind=Pod', `--bound-object-name=${pod}`]),
    ],
    kubeconfig === undefined ? {} : { kubeconfig },
  );
  return token.trim();
}

/** A pod that no node runs: it only gives its name to tokens. */
export function idlePod(name: string, account: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      serviceAccountName: account,
      automountServiceAccountToken: false,
      // No scheduler looks at it.
      schedulerName: 'none',
      containers: [{ name: 'gateway', image: 'none' }],
    },
  };
}

/** An implicit gateway `default`. */
export const GATEWAY = [
  {
    apiVersion: 'governance.keeptrusts.com/v1alpha1',
    kind: 'GovernancePolicy',
    metadata: { name: 'guard' },
    spec: {
      identity: { anonymousCallers: 'Allowed' },
      entries: [{ name: 'record', kind: 'AuditLogger', auditLogger: {} }],
    },
  },
  {
    apiVersion: 'governance.keeptrusts.com/v1alpha1',
    kind: 'ProviderTarget',
    metadata: { name: 'mock' },
    spec: { provider: 'mock', models: [{ name: 'gpt-4o-mini' }] },
  },
] as const;

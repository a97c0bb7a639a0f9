export type Json = Record<string, unknown>;

const apiVersion = 'governance.keeptrusts.com/v1alpha1';

/** Resources as people write them, without a namespace. */
export const policy = (name: string, spec: object = {}): Json => ({
  apiVersion,
  kind: 'GovernancePolicy',
  metadata: { name },
  spec: { mode: 'Enforce', limits: { maxBodyBytes: 2048 }, ...spec },
});

export const target = (name: string, spec: object = {}): Json => ({
  apiVersion,
  kind: 'ProviderTarget',
  metadata: { name },
  spec: { provider: 'mock', ...spec },
});

export const gateway = (name: string, spec: object = {}): Json => ({
  apiVersion,
  kind: 'GovernanceGateway',
  metadata: { name },
  spec,
});

/** Name of every child of a gateway. */
export const childOf = (name: string): string => `keeptrusts-${name}`;

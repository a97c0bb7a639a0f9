/** Name of every child of a gateway. A gateway's name has at most 52 characters, so this has at most 63. */
export function childName(gateway: string): string {
  return `keeptrusts-${gateway}`;
}

/** The gateway that a child belongs to. */
export function gatewayOf(child: string): string {
  return child.replace(/^keeptrusts-/, '');
}

/** Names within a gateway's pod. `gateway/options.ts` has the flags that they are passed by. */
export const PORTS = { traffic: 41002, admin: 41003 } as const;

export const MOUNTS = {
  config: '/etc/keeptrusts',
  secrets: '/var/run/keeptrusts/secrets',
  token: '/var/run/keeptrusts/token',
  state: '/var/lib/keeptrusts',
} as const;

/** Keys of a gateway's ConfigMap. Only the document is mounted. */
export const CONFIG_KEYS = {
  document: 'policy-config.yaml',
  accepted: 'accepted.json',
  sources: 'sources.json',
} as const;

export const TOKEN_FILE = 'token';

/** Audience of the tokens that gateways and people show to the control plane. */
export const TOKEN_AUDIENCE = 'keeptrusts';

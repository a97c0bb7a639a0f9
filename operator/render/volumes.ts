import type { RenderInput } from './input.ts';
import { CONFIG_KEYS, childName, MOUNTS, TOKEN_AUDIENCE, TOKEN_FILE } from './names.ts';

/** Room beside the spool for begin lines, indexes and what is being rewritten. */
const STATE_MARGIN_BYTES = 64 * 1024 * 1024;

/**
 * A kubelet renews a token at four fifths of its life, so that one is good for twelve minutes more at the least: longer
 * than the control plane takes it while there is no API server to ask.
 */
const TOKEN_SECONDS = 3600;

export function renderVolumes(input: RenderInput): object[] {
  return [
    {
      name: 'config',
      configMap: {
        name: childName(input.gateway),
        // Only this key: a change of the others is nothing to reload for.
        items: [{ key: CONFIG_KEYS.document, path: CONFIG_KEYS.document }],
      },
    },
    ...(input.credentials.length === 0 ? [] : [secretsVolume(input)]),
    ...(input.reports ? [TOKEN_VOLUME] : []),
    {
      name: 'state',
      emptyDir: { sizeLimit: String(input.shape.evidence.spoolMaxBytes + STATE_MARGIN_BYTES) },
    },
  ];
}

export function renderMounts(input: RenderInput): object[] {
  return [
    { name: 'config', mountPath: MOUNTS.config, readOnly: true },
    ...(input.credentials.length === 0
      ? []
      : [{ name: 'secrets', mountPath: MOUNTS.secrets, readOnly: true }]),
    ...(input.reports ? [{ name: 'token', mountPath: MOUNTS.token, readOnly: true }] : []),
    { name: 'state', mountPath: MOUNTS.state },
  ];
}

/**
 * One folder with `<secret>/<key>` for each credential. Optional: without a Secret the gateway runs, and says that
 * the target is unavailable.
 */
function secretsVolume(input: RenderInput): object {
  const bySecret = Map.groupBy(input.credentials, (credential) => credential.name);
  const sources = [...bySecret].map(([name, credentials]) => ({
    secret: {
      name,
      optional: true,
      items: credentials.map(({ key }) => ({ key, path: `${name}/${key}` })),
    },
  }));
  return { name: 'secrets', projected: { sources } };
}

const TOKEN_VOLUME = {
  name: 'token',
  projected: {
    sources: [
      {
        serviceAccountToken: { path: TOKEN_FILE, audience: TOKEN_AUDIENCE, expirationSeconds: TOKEN_SECONDS },
      },
    ],
  },
} as const;

import type { Container, EnvVar } from './pod-template.ts';

/** What a container's arguments are rewritten with: where its mounts and its ports really are. */
export interface Placement {
  podName: string;
  namespace: string;
  /** Mount path in the container to folder on this machine. */
  mounts: ReadonlyMap<string, string>;
  /** Container port to port on this machine. */
  ports: ReadonlyMap<number, number>;
  /** Address that every port is bound to. */
  host: string;
}

/** The environment of the container: only what its specification names. */
export function environmentOf(container: Container, placement: Placement): Record<string, string> {
  return Object.fromEntries((container.env ?? []).map((env) => [env.name, valueOfVariable(env, placement)]));
}

function valueOfVariable(env: EnvVar, placement: Placement): string {
  switch (env.valueFrom?.fieldRef?.fieldPath) {
    case 'metadata.name':
      return placement.podName;
    case 'metadata.namespace':
      return placement.namespace;
    case 'status.podIP':
      return placement.host;
    default:
      return env.value ?? '';
  }
}

/**
 * The arguments as the process gets them: `$(NAME)` replaced from the environment, mount paths by folders, and
 * addresses on a declared container port by the address and port that the node gave.
 */
export function argumentsOf(
  container: Container,
  environment: Readonly<Record<string, string>>,
  placement: Placement,
): string[] {
  // The longest mount path first, since one may lie below another.
  const mounts = [...placement.mounts].sort(([a], [b]) => b.length - a.length);
  return (container.args ?? []).map((raw) => {
    const arg = raw.replace(
      /\$\(([A-Za-z_][A-Za-z0-9_]*)\)/g,
      (all, name: string) => environment[name] ?? all,
    );
    const start = arg.startsWith('--') ? arg.indexOf('=') + 1 : 0;
    const value = arg.slice(start);
    return arg.slice(0, start) + placed(value, mounts, placement);
  });
}

function placed(value: string, mounts: [string, string][], placement: Placement): string {
  for (const [mountPath, folder] of mounts) {
    if (value === mountPath) return folder;
    if (value.startsWith(`${mountPath}/`)) return folder + value.slice(mountPath.length);
  }
  const address = /^(?:0\.0\.0\.0|\[::\]|127\.0\.0\.1|):(\d+)$/.exec(value);
  const port = address === null ? undefined : placement.ports.get(Number(address[1]));
  return port === undefined ? value : `${placement.host}:${port}`;
}

/** Each flag once: those of the node, and of the specification those that the node does not set. */
export function overridden(args: readonly string[], own: readonly string[]): string[] {
  const flags = new Set(own.map(flagOf));
  return [...args.filter((arg) => !flags.has(flagOf(arg))), ...own];
}

function flagOf(arg: string): string {
  return arg.startsWith('--') ? arg.split('=', 1)[0]! : arg;
}

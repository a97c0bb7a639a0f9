/** The level `restricted` of the Pod Security Standards, as far as pods like ours can break it. */
type Json = Record<string, unknown>;

const RESTRICTED_VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

/** One line for each violation, named after the control of the standard. */
export function podSecurityViolations(pod: Json): string[] {
  const violations: string[] = [];
  const check = (ok: boolean, control: string): void => void (ok || violations.push(control));
  for (const host of ['hostNetwork', 'hostPID', 'hostIPC']) check(pod[host] !== true, 'Host Namespaces');
  for (const volume of (pod['volumes'] ?? []) as Json[]) {
    const [type = ''] = Object.keys(volume).filter((key) => key !== 'name');
    check(RESTRICTED_VOLUMES.has(type), `Volume Types: ${type}`);
  }
  const podContext = (pod['securityContext'] ?? {}) as Json;
  check((podContext['sysctls'] ?? null) === null, 'Sysctls');
  const containers = ['initContainers', 'containers', 'ephemeralContainers'].flatMap(
    (key) => (pod[key] ?? []) as Json[],
  );
  for (const container of containers) {
    const context = (container['securityContext'] ?? {}) as Json;
    const either = (key: string): unknown => context[key] ?? podContext[key];
    const capabilities = (context['capabilities'] ?? {}) as { drop?: string[]; add?: string[] };
    check(context['privileged'] !== true, 'Privileged Containers');
    check(context['allowPrivilegeEscalation'] === false, 'Privilege Escalation');
    check(either('runAsNonRoot') === true, 'Running as Non-root');
    check(either('runAsUser') !== 0, 'Running as Non-root user');
    check(capabilities.drop?.includes('ALL') === true, 'Capabilities: drop');
    check(
      (capabilities.add ?? []).every((name) => name === 'NET_BIND_SERVICE'),
      'Capabilities: add',
    );
    const seccomp = (either('seccompProfile') ?? {}) as { type?: string };
    check(seccomp.type === 'RuntimeDefault' || seccomp.type === 'Localhost', 'Seccomp');
    for (const port of (container['ports'] ?? []) as Json[])
      check(port['hostPort'] === undefined, 'Host Ports');
  }
  return violations;
}

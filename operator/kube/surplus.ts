import { isRecord, sameJson } from '../runtime/json.ts';
import type { KubeObject, Manifest } from '../runtime/objects.ts';

type Json = Readonly<Record<string, unknown>>;

/** Lists of a pod whose elements server-side apply merges by a name, so that those of others stay. */
const POD_LISTS = { containers: 'name', initContainers: 'name', volumes: 'name' } as const;
/** Members of a pod that let others into its processes, its network or its node, or lead its calls elsewhere. The server fills in none of them. */
const POD_MEMBERS = [
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'shareProcessNamespace',
  'nodeName',
  'hostAliases',
  'dnsConfig',
] as const;

/** The same for a container: what is run, what it is given, and what keeps it from being ready. */
const CONTAINER_LISTS = { env: 'name', volumeMounts: 'mountPath', ports: 'containerPort' } as const;
const CONTAINER_MEMBERS = [
  'command',
  'envFrom',
  'lifecycle',
  'startupProbe',
  'stdin',
  'tty',
  'workingDir',
  'volumeDevices',
] as const;
/** Members of a container of which the server refuses some beside others: ours beside those that another put in their place. */
const EXCLUSIVE = ['securityContext', 'livenessProbe', 'readinessProbe'] as const;

/**
 * The merge patch that takes out of a Deployment's pods what somebody else added and an apply leaves alone, as far as
 * it can read what goes through a gateway, lead it elsewhere or change what it does: containers, volumes, environment,
 * commands, ports, names of hosts. Where and by what runtime pods run, how their image is pulled, and annotations are
 * for others to add to. Null where there is nothing.
 * @param refused the apply was: ours is put in the place of what the server may refuse beside it as well, such as another
 * source of a volume, which the fields of others keep
 */
export function withoutSurplus(live: KubeObject, intent: Manifest, refused = false): object | null {
  if (intent.kind !== 'Deployment') return null;
  const [is, wanted] = [podOf(live), podOf(intent)];
  if (is === null || wanted === null) return null;
  const spec: Record<string, unknown> = {};
  for (const [list, key] of Object.entries(POD_LISTS)) {
    const kept = common(is[list], wanted[list], key).map(([a, b]) =>
      list === 'volumes' ? (refused ? b : a) : trimmed(a, b, refused),
    );
    // A merge patch knows no elements: it replaces the list.
    if (!sameJson(kept, elements(is[list]))) spec[list] = kept.length === 0 ? null : kept;
  }
  for (const member of POD_MEMBERS) if (isAdded(member, is, wanted)) spec[member] = null;
  return Object.keys(spec).length === 0 ? null : { spec: { template: { spec } } };
}

function podOf({ spec }: KubeObject | Manifest): Json | null {
  const template = isRecord(spec) ? spec['template'] : null;
  const pod = isRecord(template) ? template['spec'] : null;
  return isRecord(pod) ? pod : null;
}

function trimmed(container: Json, wanted: Json, refused: boolean): Json {
  const members = Object.entries(container).filter(
    ([name]) => !CONTAINER_MEMBERS.some((member) => member === name && isAdded(member, container, wanted)),
  );
  const kept: Record<string, unknown> = Object.fromEntries(members);
  for (const [list, key] of Object.entries(CONTAINER_LISTS)) {
    if (container[list] === undefined) continue;
    kept[list] = common(container[list], wanted[list], key).map(([a, b]) =>
      refused && list === 'env' ? b : a,
    );
  }
  if (refused)
    for (const member of EXCLUSIVE) if (wanted[member] !== undefined) kept[member] = wanted[member];
  return kept;
}

function isAdded(member: string, is: Json, wanted: Json): boolean {
  return is[member] !== undefined && wanted[member] === undefined;
}

/** The elements of the first list that the second has as well, each with its counterpart. */
function common(is: unknown, wanted: unknown, key: string): [Json, Json][] {
  const byKey = new Map(elements(wanted).map((element) => [element[key], element]));
  return elements(is).flatMap((element): [Json, Json][] => {
    const counterpart = byKey.get(element[key]);
    return counterpart === undefined ? [] : [[element, counterpart]];
  });
}

function elements(list: unknown): Json[] {
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

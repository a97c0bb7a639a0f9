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
/** Members of a container that hold no more than ours, and what the server fills in. */
const CONTAINER_OWN = ['securityContext', 'livenessProbe', 'readinessProbe'] as const;
/** What the server fills in beside ours within such a member or an element of a list. */
const DEFAULTS: Json = {
  protocol: 'TCP',
  procMount: 'Default',
  scheme: 'HTTP',
  successThreshold: 1,
  apiVersion: 'v1',
  defaultMode: 0o644,
};

/**
 * The merge patch that takes out of a Deployment's pods what somebody else added and an apply leaves alone, as far as
 * it can read what goes through a gateway, lead it elsewhere or change what it does: containers, volumes, environment,
 * commands, ports, names of hosts. Where and by what runtime pods run, how their image is pulled, and annotations are
 * for others to add to. Null where there is nothing.
 * @param invalid the server called an apply so: ours is put in the place of what it may refuse beside it as well, such as
 * another source of a volume, which the fields of others keep
 */
export function withoutSurplus(live: KubeObject, intent: Manifest, invalid = false): object | null {
  if (intent.kind !== 'Deployment') return null;
  const [is, wanted] = [podOf(live), podOf(intent)];
  if (is === null || wanted === null) return null;
  const spec: Record<string, unknown> = {};
  for (const [list, key] of Object.entries(POD_LISTS)) {
    const kept = common(is[list], wanted[list], key).map(([a, b]) =>
      list === 'volumes' ? ours(a, b, invalid) : trimmed(a, b, invalid),
    );
    // A merge patch knows no elements: it replaces the list.
    if (!sameJson(kept, elements(is[list]))) spec[list] = kept.length === 0 ? null : kept;
  }
  for (const member of POD_MEMBERS) if (isAdded(member, is, wanted)) spec[member] = null;
  const { securityContext } = wanted;
  if (invalid && isRecord(securityContext) && differs(is['securityContext'], securityContext))
    spec['securityContext'] = replacing(is['securityContext'], securityContext);
  return Object.keys(spec).length === 0 ? null : { spec: { template: { spec } } };
}

function podOf({ spec }: KubeObject | Manifest): Json | null {
  const template = isRecord(spec) ? spec['template'] : null;
  const pod = isRecord(template) ? template['spec'] : null;
  return isRecord(pod) ? pod : null;
}

function trimmed(container: Json, wanted: Json, invalid: boolean): Json {
  const members = Object.entries(container).filter(
    ([name]) => !CONTAINER_MEMBERS.some((member) => member === name && isAdded(member, container, wanted)),
  );
  const kept: Record<string, unknown> = Object.fromEntries(members);
  for (const [list, key] of Object.entries(CONTAINER_LISTS)) {
    if (container[list] === undefined) continue;
    kept[list] = common(container[list], wanted[list], key).map(([a, b]) => ours(a, b, invalid));
  }
  for (const member of CONTAINER_OWN) {
    const [a, b] = [container[member], wanted[member]];
    if (isRecord(a) && isRecord(b)) kept[member] = ours(a, b, invalid);
  }
  // Beside a lower limit of somebody else, ours may ask for too much.
  const { resources } = wanted;
  if (invalid && resources !== undefined && differs(container['resources'], resources))
    kept['resources'] = resources;
  return kept;
}

/** What is there without what others added to it; where an apply was invalid, ours, unless that is what is there. */
function ours(is: Json, wanted: Json, invalid: boolean): Json {
  if (invalid) return differs(is, wanted) ? wanted : is;
  const members = Object.entries(is).filter(([name]) => name in wanted || isDefault(name, is));
  return Object.fromEntries(
    members.map(([name, value]) => {
      const counterpart = wanted[name];
      return [name, isRecord(value) && isRecord(counterpart) ? ours(value, counterpart, false) : value];
    }),
  );
}

/** Whether this is anything else than what is wanted and what the server fills in beside it. */
function differs(is: unknown, wanted: unknown): boolean {
  if (Array.isArray(is) && Array.isArray(wanted))
    return is.length !== wanted.length || is.some((element, index) => differs(element, wanted[index]));
  if (!isRecord(is) || !isRecord(wanted)) return !sameJson(is, wanted);
  return [...new Set([...Object.keys(is), ...Object.keys(wanted)])].some((name) =>
    name in wanted ? differs(is[name], wanted[name]) : !isDefault(name, is),
  );
}

function isDefault(name: string, is: Json): boolean {
  return name in DEFAULTS && is[name] === DEFAULTS[name];
}

/** The merge patch that makes a map what is wanted. */
function replacing(is: unknown, wanted: Json): Json {
  if (!isRecord(is)) return wanted;
  const gone = Object.keys(is).filter((name) => !(name in wanted));
  const patch: Record<string, unknown> = Object.fromEntries(gone.map((name) => [name, null]));
  for (const [name, value] of Object.entries(wanted))
    patch[name] = isRecord(value) ? replacing(is[name], value) : value;
  return patch;
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

import { isRecord } from '../../operator/runtime/json.ts';

type Json = Record<string, unknown>;

interface ManagedFields {
  manager: string;
  operation: string;
  subresource?: string;
  fieldsV1: Json;
}

/**
 * The part of an object that a field manager has applied, by the API server's own account of it: neither what the
 * server filled in nor what others set. Null where the manager owns nothing.
 *
 * Where a value is owned whole the account does not tell defaults in it apart, such as the apiVersion of a `fieldRef`:
 * members that `sent` has not are left out there, and nowhere else. A `false` that was sent is owned and not stored, as
 * that of `paused`.
 */
export function appliedBy(manager: string, object: Json, sent: unknown): Json | null {
  const metadata = object['metadata'] as Json & { managedFields?: ManagedFields[] };
  const entry = metadata.managedFields?.find((candidate) => {
    return (
      candidate.manager === manager && candidate.operation === 'Apply' && candidate.subresource === undefined
    );
  });
  if (entry === undefined) return null;
  const { apiVersion, kind } = object;
  const owned = project(object, entry.fieldsV1, sent) as Json;
  const named = { name: metadata['name'], namespace: metadata['namespace'] };
  return { apiVersion, kind, ...owned, metadata: { ...(owned['metadata'] as Json | undefined), ...named } };
}

/** `fields` is the server's set notation: `f:` a member, `k:` an item by its keys, `v:` an item by its value. */
function project(value: unknown, fields: Json, sent: unknown): unknown {
  if (value === undefined && sent === false) return sent;
  const below = Object.entries(fields).filter(([name]) => name !== '.') as [string, Json][];
  if (Object.keys(fields).length === 0) return withoutDefaults(value, sent);
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      const [name, inner] = below.find(([key]) => isItem(key, item)) ?? [];
      if (name === undefined) return [];
      const counterpart = Array.isArray(sent) ? sent.find((other) => isItem(name, other)) : undefined;
      return [project(item, inner!, counterpart)];
    });
  }
  return Object.fromEntries(
    below.map(([name, inner]) => {
      const member = name.slice('f:'.length);
      return [member, project((value as Json)[member], inner, isRecord(sent) ? sent[member] : undefined)];
    }),
  );
}

function isItem(name: string, item: unknown): boolean {
  const wanted = JSON.parse(name.slice('k:'.length));
  if (name.startsWith('v:')) return item === wanted;
  return isRecord(item) && Object.entries(wanted).every(([key, value]) => item[key] === value);
}

function withoutDefaults(value: unknown, sent: unknown): unknown {
  if (Array.isArray(value) && Array.isArray(sent)) {
    return value.map((item, index) => withoutDefaults(item, sent[index]));
  }
  if (!isRecord(value) || !isRecord(sent)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => Object.hasOwn(sent, name))
      .map(([name, member]) => [name, withoutDefaults(member, sent[name])]),
  );
}

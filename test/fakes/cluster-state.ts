import { CHILD_KINDS, type ClusterPerson, OUR_KINDS } from './cluster-person.ts';
import type { Json } from './resources.ts';

/** What differs between two clusters that are the same: times, versions, and how often something was done. */
const PASSING = new Set([
  ...[
    'uid',
    'resourceVersion',
    'creationTimestamp',
    'managedFields',
    'lastTransitionTime',
    'clusterIP',
    'clusterIPs',
  ],
]);

/**
 * The objects of a namespace that are the operator's, and the statuses of those that are not, in a form that is equal
 * where the cluster is: without times and versions, and with revisions by their hash alone.
 */
export async function clusterState(person: ClusterPerson): Promise<Json> {
  const state: Json = {};
  for (const kind of OUR_KINDS) {
    for (const object of await person.list(kind)) {
      const { metadata, status } = object as { metadata: { name: string }; status?: Json };
      state[`${kind}/${metadata.name}`] = normal(status ?? {});
    }
  }
  for (const kind of CHILD_KINDS) {
    for (const object of await person.list(kind)) {
      const { metadata } = object as { metadata: { name: string; labels?: Record<string, string> } };
      if (metadata.labels?.['app.kubernetes.io/managed-by'] === undefined) continue;
      const { status: _, ...intent } = object;
      state[`${kind}/${metadata.name}`] = normal(generationless(intent));
    }
  }
  return state;
}

/** The generation of a child counts how often it was written. */
function generationless(object: Json): Json {
  const { generation: _, ...metadata } = object['metadata'] as Json;
  return { ...object, metadata };
}

function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal).sort(byText);
  if (typeof value === 'string') return withoutRevision(value);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !PASSING.has(key) && key !== 'revision');
  return Object.fromEntries(
    kept
      .map(([key, inner]): [string, unknown] => [key, key.endsWith('/revision') ? 'n' : normal(inner)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

/** Revisions are counted; two operators that begin at different times count differently. */
function withoutRevision(text: string): string {
  return text.replace(/revision \d+/g, 'revision n').replace(/^( *number: )\d+$/gm, '$1n');
}

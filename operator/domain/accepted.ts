import type { AcceptedSpec } from './snapshot.ts';

/** The specifications in force, as they stand beside the document. Sorted, so that the same set is the same text. */
export function writeAccepted(specs: readonly AcceptedSpec[]): string {
  const key = (spec: AcceptedSpec): string => `${spec.kind}/${spec.namespace}/${spec.name}`;
  const sorted = [...specs].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return `${JSON.stringify(sorted, null, 1)}\n`;
}

/** What `writeAccepted` wrote; nothing where it cannot be read, since a hand may have changed it. */
export function readAccepted(text: string | undefined): AcceptedSpec[] {
  if (text === undefined) return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter(isAccepted) : [];
  } catch {
    return [];
  }
}

function isAccepted(value: unknown): value is AcceptedSpec {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, uid, generation, spec } = value as Partial<AcceptedSpec>;
  return (
    typeof kind === 'string' &&
    typeof uid === 'string' &&
    typeof generation === 'number' &&
    typeof spec === 'object'
  );
}

/** The newest accepted specification of each object, by uid: an object that was made anew starts from nothing. */
export function newestAccepted(specs: readonly AcceptedSpec[]): ReadonlyMap<string, AcceptedSpec> {
  const newest = new Map<string, AcceptedSpec>();
  for (const spec of specs) {
    const other = newest.get(spec.uid);
    if (other === undefined || other.generation < spec.generation) newest.set(spec.uid, spec);
  }
  return newest;
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { kubectl } from '../../../fakes/kubectl.ts';
import { mismatch, objectPath } from '../objects.ts';
import { LIMIT_MS, type Place } from '../place.ts';

type Objects = readonly Record<string, unknown>[];

/** Manifests that several scenarios apply. */
const shared = fileURLToPath(new URL('../../manifests', import.meta.url));

export async function apply(
  place: Place,
  what: readonly string[] | Objects,
  namespace: string,
): Promise<void> {
  const items = what.flatMap((one) => (typeof one === 'string' ? manifest(place, one, namespace) : [one]));
  place.changedAt = performance.now();
  const input = { apiVersion: 'v1', kind: 'List', items };
  await kubectl(['-n', namespace, 'apply', '-f', '-'], { input });
}

function manifest(place: Place, file: string, namespace: string): Record<string, unknown>[] {
  const own = join(place.folder, file);
  const text = readFileSync(existsSync(own) ? own : join(shared, file), 'utf8');
  return parseAllDocuments(text.replaceAll('$NAMESPACE', namespace)).map((one) => one.toJS());
}

export async function remove(place: Place, object: string, namespace: string): Promise<void> {
  place.changedAt = performance.now();
  await kubectl(['-n', namespace, 'delete', object, '--wait=false']);
}

export async function patch(
  place: Place,
  { object, merge }: { object: string; merge: object },
  namespace: string,
): Promise<void> {
  place.changedAt = performance.now();
  // Without the time that kubectl takes to start: what is measured from here is ours.
  await place.cluster.must('PATCH', `${objectPath(object, namespace)}?fieldValidation=Strict`, merge);
}

export async function assert(
  place: Place,
  { object, matches, withinMs = LIMIT_MS }: { object: string; matches: object; withinMs?: number },
  namespace: string,
): Promise<void> {
  const look = async (): Promise<true> => {
    const found = await place.find(object, namespace);
    const fault = found === null ? 'there is none' : mismatch(found, matches);
    if (fault !== null) throw new Error(fault);
    return true;
  };
  await place.until(object, look, withinMs);
}

export async function ready(place: Place, objects: readonly string[], namespace: string): Promise<void> {
  for (const object of objects) {
    const look = async (): Promise<true> => {
      const found = await place.find(object, namespace);
      const conditions = found?.status?.['conditions'] ?? [];
      const wanted = { type: 'Ready', status: 'True', observedGeneration: found?.metadata.generation };
      const fault = mismatch(conditions, [wanted]);
      if (fault !== null) throw new Error(fault);
      return true;
    };
    await place.until(`${object} is ready`, look);
  }
}

/** Waits as people do, for all pods of a Deployment to be of its present form. */
export async function rolledOut(_: Place, deployment: string, namespace: string): Promise<void> {
  await kubectl(['-n', namespace, 'rollout', 'status', deployment, '--timeout=120s']);
}

export async function absent(
  place: Place,
  { object, withinMs = LIMIT_MS }: { object: string; withinMs?: number },
  namespace: string,
): Promise<void> {
  await place.until(
    `${object} is gone`,
    async () => (await place.find(object, namespace)) === null,
    withinMs,
  );
}

/** @throws Error where kubectl takes the objects, or says something else */
export async function error(
  place: Place,
  { apply: items, says }: { apply: Objects; says: string },
  namespace: string,
): Promise<void> {
  const said = await apply(place, items, namespace).then(
    () => 'nothing',
    (fault: Error) => fault.message,
  );
  if (!said.includes(says)) throw new Error(`kubectl said ${said}, without '${says}'`);
}

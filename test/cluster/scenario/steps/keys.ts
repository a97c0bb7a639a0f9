import { ktAsPerson } from '../kt.ts';
import type { Place } from '../place.ts';

/** Makes a key, and sees to it that its value is in the answer and nowhere else. @throws Error */
export async function key(
  place: Place,
  { name, models, team }: { name: string; models?: string[]; team?: string },
  namespace: string,
): Promise<void> {
  const limits = [
    ...(models === undefined ? [] : ['--models', models.join(',')]),
    ...(team === undefined ? [] : ['--team', team]),
  ];
  const words = ['keys', 'create', '--namespace', namespace, ...limits, '--format', 'json'];
  const made = JSON.parse(await ktAsPerson(namespace, words)) as { value: string; key: { id: string } };
  place.changedAt = performance.now();
  place.keys.set(name, { id: made.key.id, value: made.value });
  const list = await ktAsPerson(namespace, ['keys', 'list', '--namespace', namespace, '--format', 'json']);
  if (!list.includes(made.key.id)) throw new Error(`the list of keys lacks ${made.key.id}`);
  if (list.includes(made.value)) throw new Error('the list of keys shows a value');
}

/** The change is when `kt` ends, which is when the person knows of it. */
export async function revoke(place: Place, name: string, namespace: string): Promise<void> {
  await ktAsPerson(namespace, ['keys', 'revoke', place.keys.get(name)!.id]);
  place.changedAt = performance.now();
}

import { ktAsPerson } from '../kt.ts';
import type { Place } from '../place.ts';

interface KeyView {
  id: string;
  state: string;
  revoked_at: string | null;
}

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
  const list = await listed(namespace);
  if (!list.includes(made.key.id)) throw new Error(`the list of keys lacks ${made.key.id}`);
  if (list.includes(made.value)) throw new Error('the list of keys shows a value');
}

/**
 * The change is when the store has it, by the control plane's clock; on a node of ours that is this machine's, and others
 * keep theirs. `kt` ends a moment later.
 */
export async function revoke(place: Place, name: string, namespace: string): Promise<void> {
  const { id } = place.key(name);
  const said = await ktAsPerson(namespace, ['keys', 'revoke', id, '--format', 'json']);
  const [revoked] = JSON.parse(said) as KeyView[];
  const at = Date.parse(revoked?.revoked_at ?? '');
  if (revoked?.id !== id || revoked.state !== 'revoked' || Number.isNaN(at))
    throw new Error(`kt keys revoke said ${said}`);
  const passed = Date.now() - at;
  place.changedAt = performance.now() - passed;
  place.revokedAt.set(id, revoked.revoked_at!);
  place.note(`kt ended ${passed} ms after the store had it`);
}

/** The store says of a key what was answered when it was revoked, and no list shows its value. @throws Error */
export async function revoked(place: Place, name: string, namespace: string): Promise<void> {
  const { id, value } = place.key(name);
  const list = await listed(namespace);
  const found = (JSON.parse(list) as KeyView[]).find((one) => one.id === id);
  if (found?.state !== 'revoked' || found.revoked_at !== place.revokedAt.get(id) || list.includes(value))
    throw new Error(`the list of keys says ${JSON.stringify(found)}`);
}

const listed = (namespace: string): Promise<string> =>
  ktAsPerson(namespace, ['keys', 'list', '--namespace', namespace, '--all', '--format', 'json']);

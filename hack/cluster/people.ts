import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { kubeconfig } from '../api-server/kubeconfig.ts';
import type { Kubectl } from './kubectl.ts';
import type { Layout } from './layout.ts';
import { PEOPLE_NAMESPACE, people } from './objects.ts';

/** How long a token of a person is taken. */
const TOKEN_LIFE = '24h';

const RIGHTS_LIMIT_MS = 60_000;
const BETWEEN_MS = 200;

/** Writes a kubeconfig with a token for each person. */
export async function writePeople({ paths, apiUrl }: Layout, kubectl: Kubectl): Promise<void> {
  const authority = readFileSync(`${paths.keys}/ca.crt`, 'utf8');
  const write = async (name: string): Promise<void> => {
    const asked = ['create', 'token', name, '--namespace', PEOPLE_NAMESPACE, '--duration', TOKEN_LIFE];
    const token = (await kubectl(asked)).trim();
    const text = kubeconfig({ server: apiUrl, authority, user: { token } });
    writeFileSync(`${paths.people}/${name}`, text, { mode: 0o600 });
  };
  await Promise.all(people.map(({ name }) => write(name)));
}

/**
 * The controller manager puts the role of viewers together from others, and does so seconds after it has started.
 *
 * @throws Error when it takes too long.
 */
export async function untilPeopleMayLook(kubectl: Kubectl): Promise<void> {
  const viewer = people.find(({ namespace }) => namespace !== null);
  if (viewer === undefined) return;
  const user = `system:serviceaccount:${PEOPLE_NAMESPACE}:${viewer.name}`;
  const asked = ['auth', 'can-i', 'list', 'pods', '--namespace', viewer.namespace!, '--as', user];
  const limit = performance.now() + RIGHTS_LIMIT_MS;
  for (;;) {
    try {
      return void (await kubectl(asked));
    } catch (fault) {
      // "no" is a failure of the command.
      if (performance.now() > limit) throw fault;
    }
    await delay(BETWEEN_MS);
  }
}

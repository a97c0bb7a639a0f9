import { readFileSync, writeFileSync } from 'node:fs';
import { kubeconfig } from '../api-server/kubeconfig.ts';
import type { Kubectl } from './kubectl.ts';
import type { Layout } from './layout.ts';
import { PEOPLE_NAMESPACE, people } from './objects.ts';

/** How long a token of a person is taken. */
const TOKEN_LIFE = '24h';

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

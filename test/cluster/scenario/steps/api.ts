import { TOKEN_AUDIENCE } from '../../../../operator/render/names.ts';
import { kubectl } from '../../../fakes/kubectl.ts';
import { forwardedPort } from '../forward.ts';
import type { Place } from '../place.ts';
import { OPERATOR_NAMESPACE } from '../surroundings.ts';

export interface ApiStep {
  as: string;
  path: string;
  contains?: string;
  lacks?: string;
  withinMs?: number;
}

/** Characters of an answer that a fault shows. */
const SAID = 500;

/** Asks the API of the control plane, until the answer is as expected. @throws Error */
export async function api(
  place: Place,
  { as, path, contains, lacks, withinMs }: ApiStep,
  namespace: string,
): Promise<void> {
  const account = ['-n', namespace, 'create', 'token', as, `--audience=${TOKEN_AUDIENCE}`];
  const token = (await kubectl(account)).trim();
  const { port, end } = await forwardedPort([
    '-n',
    OPERATOR_NAMESPACE,
    'service/keeptrusts-operator',
    ':8080',
  ]);
  try {
    const look = async (): Promise<true> => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
      const said = await answer.text();
      const isAs =
        answer.status === 200 &&
        (contains === undefined || said.includes(contains)) &&
        (lacks === undefined || !said.includes(lacks));
      if (!isAs) throw new Error(`${answer.status} ${said.slice(0, SAID)}`);
      return true;
    };
    await place.until(path, look, withinMs);
  } finally {
    end();
  }
}

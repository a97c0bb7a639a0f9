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

export interface RefusedStep {
  as: string;
  paths: string[];
  status: number;
  code: string;
}

interface Answer {
  status: number;
  said: string;
}

/** Characters of an answer that a fault shows. */
const SAID = 500;

/** Asks the API of the control plane, until the answer is as expected. @throws Error */
export async function api(
  place: Place,
  { as, path, contains, lacks, withinMs }: ApiStep,
  namespace: string,
): Promise<void> {
  await asking(namespace, as, async (get) => {
    const look = async (): Promise<true> => {
      const { status, said } = await get(path);
      const isAs =
        status === 200 &&
        (contains === undefined || said.includes(contains)) &&
        (lacks === undefined || !said.includes(lacks));
      if (!isAs) throw new Error(`${status} ${said.slice(0, SAID)}`);
      return true;
    };
    await place.until(path, look, withinMs);
  });
}

/** Asks for what that account may not see. @throws Error with what was answered otherwise */
export async function refused(
  place: Place,
  { as, paths, status, code }: RefusedStep,
  namespace: string,
): Promise<void> {
  await asking(namespace, as, async (get) => {
    for (const path of paths) {
      const answer = await get(path);
      const { error } = JSON.parse(answer.said) as { error?: { code?: string } };
      if (answer.status !== status || error?.code !== code)
        throw new Error(`${path}: ${answer.status} ${answer.said.slice(0, SAID)}`);
    }
  });
  place.note(`${paths.length} paths are refused with ${status} ${code}`);
}

/** Lets something ask with a token of an account, by a port that is forwarded meanwhile. */
async function asking(
  namespace: string,
  account: string,
  use: (get: (path: string) => Promise<Answer>) => Promise<void>,
): Promise<void> {
  const words = ['-n', namespace, 'create', 'token', account, `--audience=${TOKEN_AUDIENCE}`];
  const token = (await kubectl(words)).trim();
  const { port, end } = await forwardedPort([
    '-n',
    OPERATOR_NAMESPACE,
    'service/keeptrusts-operator',
    ':8080',
  ]);
  try {
    await use(async (path) => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
      return { status: answer.status, said: await answer.text() };
    });
  } finally {
    end();
  }
}

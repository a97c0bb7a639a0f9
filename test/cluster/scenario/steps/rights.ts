import { kubectl } from '../../../fakes/kubectl.ts';
import type { Place } from '../place.ts';

export interface MayOnlyStep {
  account: string;
  resource: string;
  verbs: string[];
}

export interface MayNotStep {
  /** NAMESPACE/NAME */
  account: string;
  /** With its group after a dot, but for those of the core. */
  resources: string[];
  verbs: string[];
}

/** Milliseconds for the API server to go by a binding that was made just before: it learns of it as any client does. */
const BOUND_MS = 10_000;

/** An account that every namespace has, and nobody gave a right. */
const NOBODY = 'default';

/**
 * Asks the API server what an account may do: these verbs of a resource in all namespaces, and beyond what every account
 * may, nothing else. @throws Error
 */
export async function mayOnly(
  place: Place,
  { account, resource, verbs }: MayOnlyStep,
  namespace: string,
): Promise<void> {
  const user = userOf(`${namespace}/${account}`);
  for (const verb of verbs)
    await place.until(
      `${user} may ${verb} ${resource}`,
      () => may(place, user, { verb, resource }),
      BOUND_MS,
    );
  const rules = async (name: string): Promise<string[]> => {
    const as = `--as=${userOf(`${namespace}/${name}`)}`;
    const table = await kubectl(['-n', namespace, 'auth', 'can-i', '--list', '--no-headers', as]);
    return table.split('\n').map((line) => line.trim().replaceAll(/\s+/g, ' '));
  };
  const [own, everybody] = [await rules(account), new Set(await rules(NOBODY))];
  const more = own.filter((rule) => !everybody.has(rule)).join('; ');
  const wanted = `${resource} [] [] [${verbs.join(' ')}]`;
  if (more !== wanted) throw new Error(`${account} may ${more}, not ${wanted}`);
  place.note(`${account} may ${more}, and nothing else`);
}

/** An account has none of these rights in the namespace. @throws Error with one that it has */
export async function mayNot(
  place: Place,
  { account, resources, verbs }: MayNotStep,
  namespace: string,
): Promise<void> {
  for (const resource of resources)
    for (const verb of verbs)
      if (await may(place, userOf(account), { verb, resource, namespace }))
        throw new Error(`${account} may ${verb} ${resource} in ${namespace}`);
}

const userOf = (account: string): string => `system:serviceaccount:${account.replace('/', ':')}`;

async function may(
  place: Place,
  user: string,
  { verb, resource, namespace }: { verb: string; resource: string; namespace?: string },
): Promise<boolean> {
  const [, plural, group = ''] = /^([^.]+)(?:\.(.+))?$/.exec(resource)!;
  const resourceAttributes = { verb, group, resource: plural, namespace };
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user, groups: ['system:serviceaccounts', 'system:authenticated'], resourceAttributes },
  };
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
  const { status } = await place.cluster.must('POST', path, review);
  return (status as { allowed: boolean }).allowed;
}

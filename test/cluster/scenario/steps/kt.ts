import { ktInCluster } from '../kt.ts';
import { asAccount } from '../person.ts';
import type { Place } from '../place.ts';

export interface KtStep {
  as: string;
  args: string[];
  exit?: number;
  contains?: string;
  lacks?: string;
  withinMs?: number;
}

/** Characters of what it said that a fault shows. */
const SAID = 1000;

/** @throws Error where `kt` ends otherwise, or says something else than is expected, until `withinMs` have passed; what it must not say, at once */
export async function kt(
  place: Place,
  { as, args, exit = 0, contains, lacks, withinMs = 0 }: KtStep,
  namespace: string,
): Promise<void> {
  await asAccount(namespace, as, async (kubeconfig) => {
    let leak: Error | null = null;
    const look = async (): Promise<true> => {
      const { out, err, exitCode } = await ktInCluster(args, kubeconfig);
      const said = `${out}${err}`;
      const told = `kt ${args.join(' ')} ended with ${exitCode}: ${said.slice(0, SAID)}`;
      if (lacks !== undefined && said.includes(lacks)) leak = new Error(told);
      else if (exitCode !== exit || (contains !== undefined && !said.includes(contains)))
        throw new Error(told);
      place.note(`kt ${args[0]} ${args[1]}: ${said.trim().split('\n').length} lines`);
      return true;
    };
    await (withinMs === 0 ? look() : place.until(`kt ${args[0]} ${args[1]}`, look, withinMs));
    if (leak !== null) throw leak;
  });
}

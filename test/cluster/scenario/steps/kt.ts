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

/** @throws Error where `kt` ends otherwise, or says something else than is expected, until `withinMs` have passed */
export async function kt(
  place: Place,
  { as, args, exit = 0, contains, lacks, withinMs = 0 }: KtStep,
  namespace: string,
): Promise<void> {
  await asAccount(namespace, as, async (kubeconfig) => {
    const look = async (): Promise<true> => {
      const { out, err, exitCode } = await ktInCluster(args, kubeconfig);
      const said = `${out}${err}`;
      const isAs =
        exitCode === exit &&
        (contains === undefined || said.includes(contains)) &&
        (lacks === undefined || !said.includes(lacks));
      if (!isAs) throw new Error(`kt ${args.join(' ')} ended with ${exitCode}: ${said.slice(0, SAID)}`);
      place.note(`kt ${args[0]} ${args[1]}: ${said.trim().split('\n').length} lines`);
      return true;
    };
    await (withinMs === 0 ? look() : place.until(`kt ${args[0]} ${args[1]}`, look, withinMs));
  });
}

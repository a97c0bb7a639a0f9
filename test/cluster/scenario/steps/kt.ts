import { ktInCluster } from '../kt.ts';
import { asAccount } from '../person.ts';
import type { Place } from '../place.ts';

export interface KtStep {
  as: string;
  args: string[];
  exit?: number;
  contains?: string;
  lacks?: string;
}

/** Characters of what it said that a fault shows. */
const SAID = 1000;

/** @throws Error where `kt` ends otherwise, or says something else than is expected */
export async function kt(
  place: Place,
  { as, args, exit = 0, contains, lacks }: KtStep,
  namespace: string,
): Promise<void> {
  const { out, err, exitCode } = await asAccount(namespace, as, (kubeconfig) =>
    ktInCluster(args, kubeconfig),
  );
  const said = `${out}${err}`;
  const isAs =
    exitCode === exit &&
    (contains === undefined || said.includes(contains)) &&
    (lacks === undefined || !said.includes(lacks));
  if (!isAs) throw new Error(`kt ${args.join(' ')} ended with ${exitCode}: ${said.slice(0, SAID)}`);
  place.note(`kt ${args[0]} ${args[1]}: ${said.trim().split('\n').length} lines`);
}

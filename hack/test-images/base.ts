import { hashFiles, type KeptLayer, keyOf, type LayerCache } from '../images/layers.ts';
import { sharedLibraries, stageBase } from '../images/stage-base.ts';

/** What Node needs of a system, and with it any program of this one. */
export async function systemBase(cache: LayerCache): Promise<KeptLayer> {
  const program = await hashFiles('/', [process.execPath, ...sharedLibraries()]);
  return cache.layer('client-base', keyOf(program), stageBase);
}

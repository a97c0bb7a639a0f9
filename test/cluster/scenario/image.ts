import { layoutOf, type Place } from '../../../hack/cluster/layout.ts';
import { loadArchive } from '../../../hack/cluster/load.ts';
import { type TestImageVariable, testImages } from '../../../hack/test-images/variables.ts';

/**
 * The name of an image that the cluster has: that of the variable, or one that is made now where the cluster is ours.
 * @throws Error where it cannot be made, or the cluster is not ours
 */
export async function provideImage(
  variable: TestImageVariable,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const { [variable]: named, KT_CLUSTER_PLACE: place } = env;
  if (named) return named;
  if (!place) throw new Error(`${variable} must name an image that the cluster can get`);
  const { name, file } = await testImages[variable](env);
  await loadArchive(layoutOf(place as Place), file);
  return name;
}

import { layoutOf, type Place } from '../../../hack/cluster/layout.ts';
import { loadArchive } from '../../../hack/cluster/load.ts';
import { type TestImageVariable, testImages } from '../../../hack/test-images/variables.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The images that only tests need, each made and loaded once, when somebody first asks for it. */
export class Images {
  readonly #env: Environment;
  readonly #provided = new Map<TestImageVariable, Promise<string>>();

  constructor(env: Environment) {
    this.#env = env;
  }

  /**
   * The name of an image that the cluster has: that of the variable, or one that is made now where the cluster is ours.
   * @throws Error where it cannot be made, or the cluster is not ours
   */
  get(variable: TestImageVariable): Promise<string> {
    const provided = this.#provided.get(variable) ?? provide(variable, this.#env);
    this.#provided.set(variable, provided);
    return provided;
  }
}

async function provide(variable: TestImageVariable, env: Environment): Promise<string> {
  const { [variable]: named, KT_CLUSTER_PLACE: place } = env;
  if (named) return named;
  if (!place) throw new Error(`${variable} must name an image that the cluster can get`);
  const { name, file } = await testImages[variable](env);
  await loadArchive(layoutOf(place as Place), file);
  return name;
}

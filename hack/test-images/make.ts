import { testImages } from './variables.ts';

export interface TestImages {
  /** `VARIABLE=NAME` of each. */
  set: string[];
  /** Archives of those that were made: no variable named them. */
  archives: string[];
}

/** The images that only tests in a cluster need, of which those are made that `env` does not name. @throws Error */
export async function makeTestImages(env: Readonly<Record<string, string | undefined>>): Promise<TestImages> {
  const [set, archives]: [string[], string[]] = [[], []];
  for (const [variable, make] of Object.entries(testImages)) {
    const named = env[variable];
    if (named) {
      set.push(`${variable}=${named}`);
      continue;
    }
    if (process.platform !== 'linux')
      throw new Error(
        `the images of the tests are made of programs of a Linux machine: set ${Object.keys(testImages).join(', ')}`,
      );
    const { name, file } = await make(env);
    set.push(`${variable}=${name}`);
    archives.push(file);
  }
  return { set, archives };
}

import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageArchive, imageArchitecture, writeArchive } from './archive.ts';
import { containerConfig, nodeFlags, PARTS, type Part, root } from './contents.ts';
import { hashFiles, type KeptLayer, keyOf, LayerCache } from './layers.ts';
import { type ImageKind, imageName } from './names.ts';
import { buildDist, stageApp } from './stage-app.ts';
import { sharedLibraries, stageBase } from './stage-base.ts';
import { stageCompiled } from './stage-compiled.ts';
import { MANIFESTS, stagePackages } from './stage-packages.ts';

export interface BuildOptions {
  kinds: readonly ImageKind[];
  /** Gets the archives. */
  out: string;
  env: Readonly<Record<string, string | undefined>>;
  say(line: string): void;
}

export interface BuiltImage extends ImageArchive {
  kind: ImageKind;
  layers: Readonly<Record<Part, KeptLayer>>;
}

/** What the program is compiled from, and how. */
const SOURCES = [
  '{gateway,operator,cli,crds}/**/*.{ts,json,yaml,sql}',
  'tsconfig*.json',
  'hack/build.ts',
  'LICENSE',
];

/**
 * Makes the images of this checkout for this machine's architecture, as archives. Layers come from the user's cache
 * where what they are made of has not changed.
 *
 * @throws Error in words for people
 */
export async function buildImages({ kinds, out, env, say }: BuildOptions): Promise<BuiltImage[]> {
  const cache = new LayerCache(env);
  const inRoot = (...patterns: string[]): string[] =>
    globSync(patterns, { cwd: root, exclude: (path) => path.includes('node_modules') });
  const recipe = async (part: Part): Promise<string> =>
    keyOf(process.arch, await hashFiles(root, inRoot(`hack/images/{contents,tar,stage-${part}}.ts`)));
  const manifests = await hashFiles(root, MANIFESTS);
  const sources = await hashFiles(root, inRoot(...SOURCES));
  const program = await hashFiles('/', [process.execPath, ...sharedLibraries()]);
  const dist = new Dist(join(out, '.dist'));
  const images: BuiltImage[] = [];
  try {
    const base = await cache.layer('base', keyOf(await recipe('base'), program), stageBase);
    for (const kind of kinds) {
      const locked = keyOf(await recipe('packages'), manifests);
      const packages = await cache.layer(`${kind}-packages`, locked, (folder) => {
        say(`Installing the packages of the ${kind} …`);
        return stagePackages(kind, folder);
      });
      const source = keyOf(await recipe('app'), manifests, sources);
      const app = await cache.layer(`${kind}-app`, source, async (folder) => {
        say(`Compiling the ${kind} …`);
        await stageApp(kind, await dist.built(), folder);
      });
      const flags = nodeFlags(kind).join(' ');
      const from = keyOf(await recipe('compiled'), base.digest, packages.digest, app.digest, flags);
      const compiled = await cache.layer(`${kind}-compiled`, from, (folder) => {
        say(`Running the ${kind} once for its compiled code …`);
        return stageCompiled(kind, folder, async (tree) => {
          for (const { file } of [base, packages, app]) execFileSync('tar', ['-xf', file, '-C', tree]);
        });
      });
      const layers = { base, packages, app, compiled };
      const name = imageName(kind);
      const archive = await writeArchive(
        {
          name,
          layers: PARTS.map((part) => layers[part]),
          config: containerConfig(kind),
          architecture: imageArchitecture(process.arch),
        },
        join(out, `${name.replace('keeptrusts/', '').replace(':', '-')}.tar`),
      );
      images.push({ ...archive, kind, layers });
    }
  } finally {
    await dist.remove();
  }
  return images;
}

/** One build of the sources for all images, made when the first needs it. */
class Dist {
  readonly #folder: string;
  #isBuilt = false;

  constructor(folder: string) {
    this.#folder = `${folder}-${process.pid}`;
  }

  async built(): Promise<string> {
    if (!this.#isBuilt) {
      await mkdir(this.#folder, { recursive: true });
      buildDist(this.#folder);
      this.#isBuilt = true;
    }
    return this.#folder;
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

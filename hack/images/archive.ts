import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileEntry, type TarEntry, tarOf, textEntry } from './tar.ts';

/** One layer of an image: a tar file. */
export interface Layer {
  file: string;
  /** SHA-256 of the file in hexadecimal: what images call its `diff_id`. */
  digest: string;
  /** Bytes. */
  size: number;
}

export interface ImageSpec {
  /** With its tag, such as `keeptrusts/gateway:0.1.0`. */
  name: string;
  /** From the lowest. */
  layers: readonly Layer[];
  /** What its containers start with, unless they say otherwise. */
  config: {
    /** `uid:gid`. */
    user: string;
    entrypoint: readonly string[];
    env?: Readonly<Record<string, string>>;
    workingDir?: string;
    labels?: Readonly<Record<string, string>>;
  };
  /** In the words of images: `amd64`, `arm64`. */
  architecture: string;
}

/** An image in a file that `ctr images import`, `docker load` and `podman load` take. */
export interface ImageArchive {
  name: string;
  file: string;
  /** SHA-256 of its configuration: the id by which container runtimes know the image. */
  id: string;
  /** Bytes of all layers. */
  size: number;
}

/** The architecture of this machine's processes in the words of images. */
export function imageArchitecture(arch: string): string {
  return arch === 'x64' ? 'amd64' : arch;
}

/** Writes a layer. Equal entries make an equal digest. */
export async function writeLayer(
  entries: AsyncIterable<TarEntry> | Iterable<TarEntry>,
  file: string,
): Promise<Layer> {
  const hash = createHash('sha256');
  let size = 0;
  await writeWhole(file, async function* () {
    for await (const chunk of tarOf(entries)) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  });
  return { file, digest: hash.digest('hex'), size };
}

/**
 * Writes an image without a container engine: a tar of `manifest.json`, the configuration and the layers, as
 * `docker save` makes. A file that already holds this very image stays as it is.
 */
export async function writeArchive(spec: ImageSpec, file: string): Promise<ImageArchive> {
  const config = configOf(spec);
  const id = createHash('sha256').update(config).digest('hex');
  const layerPath = ({ digest }: Layer): string => `${digest}.tar`;
  const manifest = [{ Config: `${id}.json`, RepoTags: [spec.name], Layers: spec.layers.map(layerPath) }];
  const head = textEntry('manifest.json', JSON.stringify(manifest));
  const archive = { name: spec.name, file, id, size: spec.layers.reduce((sum, { size }) => sum + size, 0) };
  if (await startsWith(file, head)) return archive;
  await writeWhole(file, async function* () {
    yield* tarOf(
      (async function* () {
        yield head;
        yield textEntry(`${id}.json`, config);
        for (const layer of new Map(spec.layers.map((one) => [one.digest, one])).values())
          yield await fileEntry(layerPath(layer), layer.file);
      })(),
    );
  });
  return archive;
}

function configOf({ config, layers, architecture }: ImageSpec): string {
  return JSON.stringify({
    architecture,
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: {
      User: config.user,
      Env: Object.entries(config.env ?? {}).map(([name, value]) => `${name}=${value}`),
      Entrypoint: config.entrypoint,
      WorkingDir: config.workingDir ?? '/',
      Labels: config.labels ?? {},
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => `sha256:${digest}`) },
    history: layers.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'hack/images' })),
  });
}

/** All or nothing: a file of that name is always whole. */
async function writeWhole(file: string, chunks: () => AsyncIterable<Uint8Array>): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const part = `${file}.part-${process.pid}`;
  await pipeline(Readable.from(chunks()), createWriteStream(part));
  await rename(part, file);
}

/** Whether a file exists and begins as a tar with this first entry would. */
async function startsWith(file: string, entry: TarEntry): Promise<boolean> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tarOf([entry])) chunks.push(chunk);
  // Without the end, which comes after the last entry.
  const wanted = Buffer.concat(chunks.slice(0, -1));
  const handle = await open(file).catch(() => null);
  if (handle === null) return false;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(wanted.length), 0, wanted.length, 0);
    return bytesRead === wanted.length && buffer.equals(wanted);
  } finally {
    await handle.close();
  }
}

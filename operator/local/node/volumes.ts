import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ObjectCache } from '../../runtime/objects.ts';
import type { KeyToPath, PodSpec, ProjectedSource, Volume } from './pod-template.ts';
import { writeVolume } from './volume-folder.ts';

export interface VolumeSources {
  cache: ObjectCache;
  /** `KT_SECRET_<NAME>_<KEY>` variables, for keys that no Secret object has. */
  secretVariables: Readonly<Record<string, string>>;
  /** How a person gives a key that nobody has; the name of its variable follows. */
  secretHint: string;
  /** The token of a service account, for projected token volumes. */
  token(request: { namespace: string; serviceAccount: string; audience: string }): string;
}

type Files = Map<string, string | Uint8Array>;

/** What a pod cannot start without and has not got. */
export class MissingVolume extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MissingVolume';
  }
}

/** Where the volumes of one Deployment lie. Replicas share what is read-only and have own `emptyDir`s. */
export interface VolumePlace {
  namespace: string;
  /** The Deployment's folder. */
  folder: string;
}

/**
 * Brings every ConfigMap, Secret and projected volume of the pod up to date, each atomically. Returns, in words, the
 * optional keys that nobody has.
 * @throws MissingVolume when an object that is not optional does not exist
 */
export function refreshVolumes(pod: PodSpec, place: VolumePlace, sources: VolumeSources): string[] {
  const absent: string[] = [];
  for (const volume of pod.volumes ?? []) {
    if (volume.emptyDir !== undefined) continue;
    const files: Files = new Map();
    for (const source of sourcesOf(volume)) {
      absent.push(...addSource(files, source, pod, place.namespace, sources));
    }
    writeVolume(sharedFolder(place, volume.name), files);
  }
  return absent;
}

/** Folder of each mount of replica `index`; an `emptyDir` is made and keeps what it held. */
export function mountFolders(pod: PodSpec, index: number, place: VolumePlace): Map<string, string> {
  const folders = new Map<string, string>();
  for (const mount of pod.containers[0]?.volumeMounts ?? []) {
    const volume = pod.volumes?.find((candidate) => candidate.name === mount.name);
    if (volume === undefined) continue;
    const own = volume.emptyDir !== undefined;
    const folder = own ? join(place.folder, String(index), volume.name) : sharedFolder(place, volume.name);
    if (own) mkdirSync(folder, { recursive: true, mode: 0o700 });
    folders.set(mount.mountPath, folder);
  }
  return folders;
}

/** `KT_SECRET_OPENAI_API_KEY` for key `api-key` of Secret `openai`. */
function secretVariable(secret: string, key: string): string {
  const upper = (part: string): string => part.toUpperCase().replace(/[^A-Z0-9]/g, '_');
  return `KT_SECRET_${upper(secret)}_${upper(key)}`;
}

function sharedFolder(place: VolumePlace, volume: string): string {
  return join(place.folder, 'volumes', volume);
}

function sourcesOf(volume: Volume): ProjectedSource[] {
  if (volume.configMap !== undefined) return [{ configMap: volume.configMap }];
  if (volume.secret !== undefined) {
    const { secretName: name, ...rest } = volume.secret;
    return [{ secret: { name, ...rest } }];
  }
  return volume.projected?.sources ?? [];
}

function addSource(
  files: Files,
  source: ProjectedSource,
  pod: PodSpec,
  namespace: string,
  sources: VolumeSources,
): string[] {
  const absent: string[] = [];
  if (source.configMap !== undefined) {
    const { name, items, optional } = source.configMap;
    const data = sources.cache.get({ kind: 'ConfigMap', namespace, name })?.data;
    if (data === undefined && optional !== true)
      throw new MissingVolume(`ConfigMap ${namespace}/${name} does not exist`);
    addItems(files, items ?? keysOf(data ?? {}), (key) => data?.[key]);
  }
  if (source.secret !== undefined) {
    const { name, items, optional } = source.secret;
    const data = sources.cache.get({ kind: 'Secret', namespace, name })?.data;
    const wanted = items ?? keysOf(data ?? {});
    addItems(files, wanted, (key) => {
      const encoded = data?.[key];
      if (encoded !== undefined) return Buffer.from(encoded, 'base64');
      const value = sources.secretVariables[secretVariable(name, key)];
      if (value === undefined) {
        absent.push(
          `Secret ${namespace}/${name} has no key ${key}: ${sources.secretHint} ${secretVariable(name, key)}`,
        );
      }
      return value;
    });
    if (optional !== true && absent.length > 0) throw new MissingVolume(absent.join('; '));
  }
  if (source.serviceAccountToken !== undefined) {
    const { path, audience = '' } = source.serviceAccountToken;
    const serviceAccount = pod.serviceAccountName ?? 'default';
    files.set(path, sources.token({ namespace, serviceAccount, audience }));
  }
  return absent;
}

function keysOf(data: Readonly<Record<string, string>>): KeyToPath[] {
  return Object.keys(data).map((key) => ({ key, path: key }));
}

function addItems(
  files: Files,
  items: readonly KeyToPath[],
  read: (key: string) => string | Uint8Array | undefined,
): void {
  for (const { key, path } of items) {
    const content = read(key);
    if (content !== undefined) files.set(path, content);
  }
}

import { type Manifest, refKey, refOf } from '../runtime/objects.ts';
import { manifestFiles, readManifest } from './folder-files.ts';
import { type FileObject, type FolderProblem, parseManifestFile } from './manifest-file.ts';

export interface FolderOptions {
  dir: string;
  /** A folder below it that holds other things: the state folder, should it lie there. */
  except?: string;
  /** Kind to apiVersion of everything that a folder may hold. */
  kinds: ReadonlyMap<string, string>;
}

export type FolderObject = FileObject & { file: string };

export interface FolderContent {
  /** Every object of every readable file by key; null when the folder itself cannot be read. */
  objects: Map<string, FolderObject> | null;
  /** Files of which not everything can be made out: what they held before stays. */
  kept: Set<string>;
  problems: FolderProblem[];
}

/** Reads all files of a folder. @param holds whether objects in force came from the file */
export function readFolder(options: FolderOptions, holds: (file: string) => boolean): FolderContent {
  const content: FolderContent = { objects: new Map(), kept: new Set(), problems: [] };
  let files: string[];
  try {
    files = manifestFiles(options.dir, options.except);
  } catch (error) {
    const problem = { file: options.dir, code: 'unreadable', message: (error as Error).message } as const;
    return { ...content, objects: null, problems: [problem] };
  }
  for (const file of files) {
    for (const object of readFile(file, options, content, holds)) add({ ...object, file }, content);
  }
  return content;
}

function add(object: FolderObject, { objects, problems }: FolderContent): void {
  const key = refKey(refOf(object.manifest));
  const other = objects!.get(key);
  if (other === undefined) {
    objects!.set(key, object);
    return;
  }
  const { file, line, manifest } = object;
  const message = `${other.file}:${other.line} has the same object; this one is ignored`;
  problems.push({ file, line, object: nameOf(manifest), code: 'duplicate', message });
}

function readFile(
  file: string,
  { dir, kinds }: FolderOptions,
  { kept, problems }: FolderContent,
  holds: (file: string) => boolean,
): FileObject[] {
  const keep = (problem: Omit<FolderProblem, 'file'>): void => {
    kept.add(file);
    problems.push({ file, ...problem });
  };
  const rest = (): string =>
    holds(file) ? 'the objects that this file last held stay in force' : 'nothing of this file is in force';
  let text: string;
  try {
    text = readManifest(dir, file);
  } catch (error) {
    keep({ code: 'unreadable', message: (error as Error).message });
    return [];
  }
  const parsed = parseManifestFile(text);
  if ('problem' in parsed) {
    keep({ ...parsed.problem, message: `${parsed.problem.message}; ${rest()}` });
    return [];
  }
  return parsed.objects.filter(({ manifest, line }) => {
    const { apiVersion, kind } = manifest;
    if (kinds.get(kind) === apiVersion) return true;
    const told = { line, object: nameOf(manifest), code: 'not_served' } as const;
    if (isMisspelt(manifest, kinds)) {
      // An API server would refuse it and keep the object that is meant.
      const held = holds(file) ? '; the objects that this file last held stay in force' : '';
      keep({ ...told, message: `there is no ${kind} of ${apiVersion}${held}` });
    } else if (!apiVersion.startsWith('kustomize.config.k8s.io/')) {
      // A folder is often a kustomization as well; that file is no resource.
      const message = `${kind} of ${apiVersion} is not used outside a cluster and is ignored`;
      problems.push({ file, ...told, message });
    }
    return false;
  });
}

/** Whether it is one of ours but for its kind or its apiVersion. */
function isMisspelt({ apiVersion, kind }: Manifest, kinds: FolderOptions['kinds']): boolean {
  const group = groupOf(apiVersion);
  return kinds.has(kind) || (group !== '' && [...kinds.values()].some((known) => groupOf(known) === group));
}

/** Empty for the core group. */
function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}

/** `Kind namespace/name`. */
export function nameOf(object: Pick<Manifest, 'kind' | 'metadata'>): string {
  return `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`;
}

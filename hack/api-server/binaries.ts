import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Paths of what a run needs. */
export interface Binaries {
  etcd: string;
  apiServer: string;
  /** Null: nothing is collected, namespaces stay in `Terminating`, and no service account is made. */
  controllerManager: string | null;
  kubectl: string;
}

/** What a folder has of them, or the names of those that it lacks. */
export function binariesIn(folder: string): Binaries | readonly string[] {
  const at = (name: string): string => join(folder, name);
  const missing = ['etcd', 'kube-apiserver', 'kubectl'].filter((name) => !isExecutable(at(name)));
  if (missing.length > 0) return missing;
  const controllerManager = at('kube-controller-manager');
  return {
    etcd: at('etcd'),
    apiServer: at('kube-apiserver'),
    controllerManager: isExecutable(controllerManager) ? controllerManager : null,
    kubectl: at('kubectl'),
  };
}

/** First file of that name that can be run, or null. */
export function onPath(name: string, path: string): string | null {
  const files = path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name));
  return files.find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

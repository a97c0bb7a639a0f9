import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { CustomResourceDefinition } from '../../crds/schema.ts';
import type { ResourceProblem } from '../api/problems.ts';
import { API_VERSION, KINDS } from '../domain/snapshot.ts';
import { logSink } from '../runtime/event-recorder.ts';
import type { Surroundings, SurroundingsMaker } from '../surroundings.ts';
import { admissionOf } from './admission.ts';
import { FolderSource } from './folder-source.ts';
import {
  ensurePortsFree,
  type GatewayProcessDeps,
  type GatewayProcessOptions,
  gatewayProcesses,
  processAddress,
} from './gateways.ts';
import type { FolderProblem } from './manifest-file.ts';
import { ObjectStore } from './object-store.ts';
import { createValidator } from './validate.ts';

export interface FolderOptions extends GatewayProcessOptions {
  /** Folder of resources. */
  folder: string;
}

export interface FolderDeps extends GatewayProcessDeps {
  crds: readonly CustomResourceDefinition[];
  /** Makes the uids of objects. */
  uuid: () => string;
  /** Name of the image in rendered Deployments; `gatewayCommand` runs in its place. */
  image: string;
}

/** What a folder may hold: our kinds, and Secrets for credentials. */
const FOLDER_KINDS: ReadonlyMap<string, string> = new Map([
  ...Object.values(KINDS).map((kind): [string, string] => [kind, API_VERSION]),
  ['Secret', 'v1'],
]);

/**
 * Objects from the files of a folder, gateways as processes of this machine.
 * @throws Error where there is no such folder
 */
export function folderSurroundings(options: FolderOptions, deps: FolderDeps): SurroundingsMaker {
  if (statSync(options.folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new Error(`${options.folder} is no folder. Name one that holds resources as YAML or JSON.`);
  }
  const validator = createValidator(deps.crds);
  return async () => {
    await ensurePortsFree(options, deps.clock);
    return (common): Surroundings => {
      const { clock, log, report, uuid } = deps;
      const { stateDir, host } = options;
      const client = new ObjectStore(
        { dir: join(stateDir, 'objects') },
        { clock, uid: uuid, log: log.child({ part: 'store' }), admit: admissionOf(validator) },
      );
      const folder = new FolderSource(
        { dir: options.folder, except: stateDir, kinds: FOLDER_KINDS },
        {
          client,
          clock,
          log: log.child({ part: 'folder' }),
          report: (problem) => report(problemLine(problem)),
          mended: (file) => report(`${file}: valid again`),
        },
      );
      const node = gatewayProcesses(options, deps, {
        ...common,
        client,
        secretHint: 'add it to the folder or set',
      });
      const objects = { name: 'objects', start: async () => client.load(), stop: async () => {} };
      const files = { name: 'folder', start: () => folder.start(), stop: () => folder.stop() };
      const processes = { name: 'node', start: async () => node.start(), stop: () => node.stop() };
      return {
        client,
        pods: null,
        access: null,
        events: logSink(log),
        parts: [
          { phase: 'caches', part: objects },
          { phase: 'caches', part: files },
          { phase: 'background', part: processes },
        ],
        image: deps.image,
        paused: false,
        gateways: 'here',
        election: null,
        gatewaysReportTo: common.apiUrl,
        listen: host,
        instances: () => node.instances(),
        address: (namespace, gateway) => processAddress(node.instances(), namespace, gateway),
        problems: () => folder.problems().map(resourceProblem),
        place: (object, message) => folder.place(object, message),
        emptiness: () =>
          folder.problems().length > 0
            ? 'no file of the folder is valid'
            : 'the folder has no policy and no target',
      };
    };
  };
}

function resourceProblem({ file, line, column, object, code, message }: FolderProblem): ResourceProblem {
  return {
    severity: 'error',
    file,
    line: line ?? null,
    column: column ?? null,
    object: object ?? null,
    code,
    message,
  };
}

function problemLine({ file, line, column, object, message }: FolderProblem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return `${place}: ${object === undefined ? '' : `${object}: `}${message}`;
}

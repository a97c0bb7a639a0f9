import { parentPort, workerData } from 'node:worker_threads';
import { examine } from '../contract/examine.ts';
import { loadKindContracts } from '../contract/kinds.ts';
import type { ReadRequest, WorkerSetup } from './reader.ts';

/** Runs in a worker thread: reads and checks one document a message. */
const { kindDirs, loneGateway } = workerData as WorkerSetup;
const kinds = loadKindContracts(kindDirs);

parentPort?.on('message', async ({ text, file }: ReadRequest) => {
  const situation = loneGateway === null ? undefined : { loneGateway };
  parentPort?.postMessage(examine(text, { file, kinds: await kinds, situation }));
});

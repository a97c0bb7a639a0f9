import { Worker } from 'node:worker_threads';
import type { Store } from '../store.ts';

/** What the worker is asked. */
export interface Call {
  id: number;
  operation: keyof Store;
  args: unknown[];
}
type Answer = { id: number; value: unknown } | { id: number; error: string };

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A store operation failed: the database says no, or its thread ended. Nothing was half done. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/**
 * Opens the default store, one SQLite file for one control plane.
 * @throws StoreError when the file cannot be used
 */
export async function openSqliteStore(file: string): Promise<Store> {
  // From the built tree the worker is `worker.js`, from the sources `worker.ts`: the same ending as this file's.
  const worker = new Worker(
    new URL(`./worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url),
    {
      workerData: { file },
    },
  );
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let ended: Error | null = null;
  const end = (error: Error): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  worker.on('message', (answer: Answer) => {
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) call?.reject(new StoreError(answer.error));
    else call?.resolve(answer.value);
  });
  worker.on('error', (error) => end(new StoreError(`the store's thread failed: ${String(error)}`)));
  worker.on('exit', () => end(new StoreError('the store is closed')));

  const call = <T>(operation: keyof Store, ...args: unknown[]): Promise<T> => {
    if (ended !== null) return Promise.reject(ended);
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      worker.postMessage({ id, operation, args } satisfies Call);
    });
  };

  await new Promise<unknown>((resolve, reject) => waiting.set(0, { resolve, reject }));
  return {
    appendEvents: (batch) => call('appendEvents', batch),
    listEvents: (query) => call('listEvents', query),
    countEvents: (filter) => call('countEvents', filter),
    getEvent: (id) => call('getEvent', id),
    listStreams: () => call('listStreams'),
    readStream: (stream, fromSeq, limit) => call('readStream', stream, fromSeq, limit),
    archiveRevision: (revision) => call('archiveRevision', revision),
    getRevision: (hash) => call('getRevision', hash),
    listConfigurations: () => call('listConfigurations'),
    keepAccepted: (namespace, specs) => call('keepAccepted', namespace, specs),
    listAccepted: () => call('listAccepted'),
    close: () => call('close'),
  };
}

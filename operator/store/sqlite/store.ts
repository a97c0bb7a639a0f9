import { StoreError } from '../errors.ts';
import type { Store } from '../store.ts';
import { StoreThread } from './thread.ts';

export interface SqliteOptions {
  /** Most heap (MB) that the thread may take; the bytes of records lie beside it. */
  heapMb?: number;
}

const HEAP_MB = 512;

/**
 * Opens the default store, one SQLite file for one control plane. Where its thread fails, what was asked of it fails,
 * and the next call opens the file again.
 * @throws StoreError when the file cannot be used
 */
export async function openSqliteStore(
  file: string,
  { heapMb = HEAP_MB }: SqliteOptions = {},
): Promise<Store> {
  let thread = await StoreThread.start(file, heapMb);
  let closed = false;
  let opening: Promise<StoreThread> | null = null;
  const reopened = (): Promise<StoreThread> => {
    opening ??= StoreThread.start(file, heapMb)
      .then((started) => {
        thread = started;
        return started;
      })
      .finally(() => {
        opening = null;
      });
    return opening;
  };
  const call = async <T>(operation: keyof Store, ...args: unknown[]): Promise<T> => {
    if (closed) throw new StoreError('the store is closed');
    if (!thread.ended) return thread.call(operation, args);
    return (await reopened()).call(operation, args);
  };

  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await opening?.catch(() => undefined);
    if (!thread.ended) await thread.call('close', []);
  };
  return {
    appendEvents: (batch) => call('appendEvents', batch),
    listEvents: (query) => call('listEvents', query),
    countEvents: (filter) => call('countEvents', filter),
    getEvent: (id) => call('getEvent', id),
    listStreams: (namespace) => call('listStreams', namespace),
    readStream: (stream, fromSeq, limit, namespace) => call('readStream', stream, fromSeq, limit, namespace),
    archiveRevision: (revision) => call('archiveRevision', revision),
    getRevision: (hash, namespace) => call('getRevision', hash, namespace),
    namespacesOfRevision: (hash) => call('namespacesOfRevision', hash),
    listConfigurations: () => call('listConfigurations'),
    keepAccepted: (namespace, specs) => call('keepAccepted', namespace, specs),
    listAccepted: () => call('listAccepted'),
    putInstanceReport: (report) => call('putInstanceReport', report),
    listInstanceReports: (sinceMs) => call('listInstanceReports', sinceMs),
    forgetInstances: (namespace, gateway) => call('forgetInstances', namespace, gateway),
    putKey: (key, most) => call('putKey', key, most),
    getKey: (id) => call('getKey', id),
    revokeKey: (id, revoked) => call('revokeKey', id, revoked),
    listKeys: (query) => call('listKeys', query),
    listKeyChanges: (query) => call('listKeyChanges', query),
    keyPosition: () => call('keyPosition'),
    identity: () => call('identity'),
    close,
  };
}

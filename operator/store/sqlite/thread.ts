import { Worker } from 'node:worker_threads';
import { StoreError } from '../errors.ts';
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

/** The thread that owns the connection, as seen from outside. Calls are answered in their order. */
export class StoreThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: StoreError | null = null;

  private constructor(file: string, heapMb: number) {
    // From the built tree the worker is `worker.js`, from the sources `worker.ts`: the same ending as this file's.
    const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    this.#worker = new Worker(new URL(`./worker${ending}`, import.meta.url), {
      workerData: { file },
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    });
    this.#worker.on('message', (answer: Answer) => {
      const call = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('error' in answer) call?.reject(new StoreError(answer.error));
      else call?.resolve(answer.value);
    });
    this.#worker.on('error', (error) => this.#end(`the store's thread failed: ${String(error)}`));
    this.#worker.on('exit', () => this.#end('the store is closed'));
  }

  /** Resolves when the database is open. @throws StoreError when the file cannot be used */
  static async start(file: string, heapMb: number): Promise<StoreThread> {
    const thread = new StoreThread(file, heapMb);
    await new Promise<unknown>((resolve, reject) => thread.#waiting.set(0, { resolve, reject }));
    return thread;
  }

  /** It failed or was closed: it answers no more. */
  get ended(): boolean {
    return this.#ended !== null;
  }

  /** @throws StoreError */
  call<T>(operation: keyof Store, args: unknown[]): Promise<T> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage({ id, operation, args } satisfies Call);
    });
  }

  #end(message: string): void {
    this.#ended ??= new StoreError(message);
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}

import { StoreError } from '../errors.ts';

/** The calls of a store that have not ended. A pool of connections would never answer those that wait when it is closed. */
export class OpenCalls {
  readonly #running = new Set<Promise<unknown>>();
  #closed = false;

  /** @throws StoreError after `close` */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new StoreError('the store is closed');
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Takes no more calls, and waits for those that were taken. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#running);
  }
}

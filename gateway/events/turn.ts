/** The promise that all lines of one turn share. */
export interface Turn {
  promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

/** Gathers what is added in one turn of the event loop, and hands it on together when the turn ends. */
export class TurnBatch<T> {
  readonly #flush: (items: T[], turn: Turn) => void;
  #items: T[] = [];
  #turn: Turn | null = null;

  constructor(flush: (items: T[], turn: Turn) => void) {
    this.#flush = flush;
  }

  /** @returns the promise that `flush` settles */
  add(item: T): Promise<void> {
    this.#items.push(item);
    if (this.#turn === null) {
      this.#turn = Promise.withResolvers<void>();
      setImmediate(() => this.flush());
    }
    return this.#turn.promise;
  }

  /** Hands on at once; nothing happens when there is nothing. */
  flush(): void {
    const turn = this.#turn;
    if (turn === null) return;
    const items = this.#items;
    this.#items = [];
    this.#turn = null;
    this.#flush(items, turn);
  }
}

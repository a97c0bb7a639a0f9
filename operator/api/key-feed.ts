import type { Clock, Timer } from '../runtime/clock.ts';
import type { KeyStore } from '../store/keys.ts';

export interface KeyFeedOptions {
  store: Pick<KeyStore, 'keyPosition'>;
  clock: Clock;
  /** Milliseconds between two looks for what others wrote; null where nobody else writes to the store. */
  lookMs: number | null;
  /** Called with the first of several failures in a row. */
  onTrouble(error: unknown): void;
}

interface Waiter {
  after: number;
  wake(): void;
}

/** Tells those who wait that a key was made or revoked, here or by another control plane of the same store. */
export class KeyFeed {
  readonly #options: KeyFeedOptions;
  readonly #waiters = new Set<Waiter>();
  /** The newest position that is known. */
  #position = 0;
  #look: Timer | null = null;
  #troubled = false;
  #closed = false;

  constructor(options: KeyFeedOptions) {
    this.#options = options;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** A key has changed at this position. */
  moved(position: number): void {
    this.#position = Math.max(this.#position, position);
    for (const waiter of [...this.#waiters]) if (waiter.after < this.#position) waiter.wake();
  }

  /** Resolves when something may have changed behind a position, after `ms`, when the signal says so, or at the end. */
  wait(after: number, ms: number, signal: AbortSignal): Promise<void> {
    if (this.#closed || signal.aborted || this.#position > after) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiters.delete(waiter);
        timer.cancel();
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const waiter: Waiter = { after, wake };
      const timer = this.#options.clock.after(ms, wake);
      signal.addEventListener('abort', wake);
      this.#waiters.add(waiter);
      this.#lookLater();
    });
  }

  /** Everybody who waits is let go, and nobody waits any more. */
  close(): void {
    this.#closed = true;
    this.#look?.cancel();
    for (const waiter of [...this.#waiters]) waiter.wake();
  }

  /** Looks while somebody waits, and not otherwise. */
  #lookLater(): void {
    const { lookMs, clock, store } = this.#options;
    if (lookMs === null || this.#look !== null || this.#waiters.size === 0 || this.#closed) return;
    this.#look = clock.after(lookMs, () => {
      void store
        .keyPosition()
        .then(
          (position) => {
            this.#troubled = false;
            this.moved(position);
          },
          (error: unknown) => {
            if (!this.#troubled) this.#options.onTrouble(error);
            this.#troubled = true;
          },
        )
        .finally(() => {
          this.#look = null;
          this.#lookLater();
        });
    });
  }
}

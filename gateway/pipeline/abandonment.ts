import type { Abandonable } from './running.ts';

/** Whether an exchange goes on: it ends early where the caller hung up, or the gateway stops. The first reason counts. */
export class Abandonment implements Abandonable {
  /** Why the exchange ends; null while it goes on. */
  reason: Error | null = null;
  /** What the exchange waits for: it waits for one thing at a time. */
  #waiting: Abandonable | null = null;

  abandon(reason: Error): void {
    if (this.reason !== null) return;
    this.reason = reason;
    this.#waiting?.abandon(reason);
  }

  /** From here on this one is told, and no other; at once where the exchange has ended. */
  tell(waiting: Abandonable): void {
    this.#waiting = waiting;
    if (this.reason !== null) waiting.abandon(this.reason);
  }

  /** Lets others have a turn of the event loop. @throws the reason where the exchange has ended since */
  async nextTurn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.reason !== null) throw this.reason;
  }
}

import { setTimeout as delay } from 'node:timers/promises';

export interface Looks {
  /** Milliseconds after the change for which requests may be answered as before it; 0 where the first must be right. */
  withinMs: number;
  /** Milliseconds between an answer and the next request. */
  pauseMs: number;
  /** Milliseconds that have passed since the change. */
  sinceMs(): number;
}

/**
 * Asks until an answer is as expected. The product promises something to requests that are sent when the time has passed:
 * how long the step before took to end, and the answer to arrive, are no part of it.
 *
 * @param ask resolves to what is wrong with the answer, or null
 * @returns milliseconds from the change to the answer
 * @throws Error with what was wrong with a request that was sent later, beginning with `name`
 */
export async function untilAnswered(
  name: string,
  ask: () => Promise<string | null>,
  { withinMs, pauseMs, sinceMs }: Looks,
): Promise<number> {
  for (;;) {
    const sentMs = sinceMs();
    const fault = await ask().catch(({ message }: Error) => message);
    if (fault === null) return sinceMs();
    if (withinMs === 0) throw new Error(`${name}: ${fault}`);
    if (sentMs > withinMs)
      throw new Error(`${name}: ${fault}, sent ${sentMs.toFixed(0)} ms after the change`);
    await delay(pauseMs);
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Layout } from './layout.ts';
import { claim, ownerOf, told } from './owner.ts';

/** Milliseconds that a run of tests waits for the end of another: one takes some ten minutes. */
export const TURN_MS = 15 * 60_000;
const BETWEEN_MS = 500;

export interface TurnOptions {
  /** Of who asks. */
  folder: string;
  signal: AbortSignal;
  say(line: string): void;
  /** Milliseconds to wait. */
  limitMs?: number;
}

/**
 * Makes the tests of this process the owner of the cluster, once nobody else uses it.
 *
 * @throws Error in words for people when somebody uses it all the while, or the signal comes.
 */
export async function awaitTurn(layout: Layout, options: TurnOptions): Promise<void> {
  const { folder, signal, say, limitMs = TURN_MS } = options;
  const limit = performance.now() + limitMs;
  let before = '';
  while (!claim(layout.owner, { pid: process.pid, use: 'tests', folder })) {
    const owner = ownerOf(layout.owner);
    const now = owner === null ? before : told(owner, layout);
    const minutes = Math.round(limitMs / 60_000);
    if (now !== before) say(`The cluster of tests is in use: ${now}. Waiting for up to ${minutes} min`);
    before = now;
    if (performance.now() > limit)
      throw new Error(`the cluster of tests was in use for ${minutes} min: ${now}`);
    await delay(BETWEEN_MS, undefined, { signal }).catch(() => {
      throw new Error(`it was interrupted while it waited for the cluster of tests: ${now}`);
    });
  }
}

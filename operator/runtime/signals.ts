import type { Clock } from './clock.ts';

/**
 * What the promise comes to, but not later than the signal: for work that knows of no signal.
 * @throws the signal's reason when it is aborted first
 */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Waits for `ms`. @throws the signal's reason when it is aborted first */
export async function sleep(clock: Pick<Clock, 'after'>, ms: number, signal: AbortSignal): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = clock.after(ms, over.resolve);
  try {
    await orAborted(over.promise, signal);
  } finally {
    timer.cancel();
  }
}

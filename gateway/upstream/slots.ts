import { GatewayError } from '../errors.ts';
import type { TimerWheel, WheelTimer } from './timer-wheel.ts';

interface Waiter {
  grant(): void;
  timer: WheelTimer;
}

/** How many may work at once; the others wait in line, but not for long. */
export class Slots {
  readonly #size: number;
  readonly #wheel: TimerWheel;
  readonly #waiting = new Set<Waiter>();
  #taken = 0;

  constructor(size: number, wheel: TimerWheel) {
    this.#size = size;
    this.#wheel = wheel;
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a slot if one is free. */
  tryTake(): boolean {
    if (this.#taken >= this.#size) return false;
    this.#taken += 1;
    return true;
  }

  /**
   * Waits for a slot: calls one of the two, once. The result gives up the place in the line.
   * @param queueMs how long to wait
   */
  wait(queueMs: number, granted: () => void, refused: (error: GatewayError) => void): () => void {
    const waiter: Waiter = {
      grant: granted,
      timer: this.#wheel.start(queueMs, () => {
        this.#waiting.delete(waiter);
        refused(
          new GatewayError('overloaded', `No place became free within ${queueMs} ms. Try again shortly.`),
        );
      }),
    };
    this.#waiting.add(waiter);
    return () => {
      if (this.#waiting.delete(waiter)) waiter.timer.cancel();
    };
  }

  /** Gives a slot back, to the one who waits longest. */
  release(): void {
    const next: Waiter | undefined = this.#waiting.values().next().value;
    if (next === undefined) {
      this.#taken -= 1;
      return;
    }
    this.#waiting.delete(next);
    next.timer.cancel();
    next.grant();
  }
}

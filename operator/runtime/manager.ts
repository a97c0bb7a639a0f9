import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import { orAborted } from './signals.ts';

/**
 * The order of starting; stopping is the reverse. Servers come first, so that health can be asked while caches
 * fill; controllers come last, since they may only act on a full view, and only the leader's act.
 */
const PHASES = ['servers', 'caches', 'background', 'leader', 'controllers'] as const;
export type Phase = (typeof PHASES)[number];

export interface Part {
  name: string;
  /**
   * Resolves when the part does its work: a server listens, a cache is full, the lease is held. Once the signal is
   * aborted nobody waits for it any more; it is stopped whatever it has come to.
   */
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
  /** What it still waits for while it starts, in words for people; null where it cannot say. */
  waitsFor?(): string | null;
}

export interface ManagerOptions {
  /** Milliseconds that a cache may take to fill. */
  syncTimeoutMs: number;
  /** Milliseconds that stopping may take in all. */
  graceMs: number;
}

export class Manager {
  readonly #options: ManagerOptions;
  readonly #deps: { clock: Clock; log: Log };
  readonly #parts = new Map<Phase, Part[]>(PHASES.map((phase) => [phase, []]));
  readonly #started: Part[] = [];
  readonly #stopping = new AbortController();
  #stopped: Promise<void> | undefined;
  /** Index of the phase that is started next. */
  #next = 0;

  constructor(options: ManagerOptions, deps: { clock: Clock; log: Log }) {
    this.#options = options;
    this.#deps = deps;
  }

  add(phase: Phase, part: Part): void {
    this.#parts.get(phase)!.push(part);
  }

  /**
   * Starts phase by phase, the parts of one phase in the order they were added, up to and with `last`. Called again it
   * goes on from there. An abort of `ended` stops what was started, without waiting for what is not.
   * @throws what a part threw, or the signal's reason, after stopping what had been started
   */
  async start(last: Phase = 'controllers', ended = NEVER): Promise<void> {
    const signal = AbortSignal.any([this.#stopping.signal, ended]);
    try {
      while (this.#next <= PHASES.indexOf(last)) {
        const phase = PHASES[this.#next++]!;
        for (const part of this.#parts.get(phase)!) {
          signal.throwIfAborted();
          const limit = phase === 'caches' ? this.#options.syncTimeoutMs : undefined;
          // Counted as started before it is: a part that fails half-way must be stopped as well.
          this.#started.push(part);
          await this.#startPart(part, limit, signal);
        }
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Stops in reverse order. A part that fails to stop, or takes too long, does not keep the others running. */
  stop(): Promise<void> {
    // Whoever asks later waits for the same end.
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort(new Error('the operator is stopping'));
    const deadline = this.#deps.clock.monotonic() + this.#options.graceMs;
    for (const part of this.#started.splice(0).reverse()) {
      const left = Math.max(0, deadline - this.#deps.clock.monotonic());
      try {
        await this.#within(left, part.stop(), () => `${part.name} did not stop in time`);
      } catch (error) {
        this.#deps.log.error({ err: error, part: part.name }, 'a part failed to stop');
      }
    }
  }

  #startPart(part: Part, limitMs: number | undefined, signal: AbortSignal): Promise<void> {
    const started = orAborted(part.start(signal), signal);
    if (limitMs === undefined) return started;
    return this.#within(limitMs, started, () => {
      const reason = part.waitsFor?.() ?? null;
      return `${part.name} was not in sync after ${limitMs} ms${reason === null ? '' : `: ${reason}`}`;
    });
  }

  #within(ms: number, work: Promise<void>, message: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#deps.clock.after(ms, () => reject(new Error(message())));
      work.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}

const NEVER = new AbortController().signal;

import { FailureBackoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { ControllerMetrics, Outcome } from './metrics.ts';
import { ObjectError } from './objects.ts';
import { OutsideError } from './outside-error.ts';
import { WorkQueue } from './workqueue.ts';

/** What a reconcile came to. An error that it throws is retried with back-off, a `TerminalError` is not. */
export type Result = { kind: 'done' } | { kind: 'requeue'; afterMs: number };

export const DONE: Result = { kind: 'done' };

/** Trying again soon cannot help; the next change of the object will. */
export class TerminalError extends Error {
  /** Milliseconds after which to look again all the same, where the cure may be a change that nobody tells us of. */
  readonly againMs: number | undefined;

  constructor(message: string, options?: ErrorOptions & { againMs?: number }) {
    super(message, options);
    this.name = 'TerminalError';
    this.againMs = options?.againMs;
  }
}

export interface ReconcileContext {
  /** Aborted at the time-out and when the operator stops. */
  signal: AbortSignal;
  /** Stands in every log line of this run. */
  reconcileId: string;
  log: Log;
}

export type Reconcile = (key: string, context: ReconcileContext) => Promise<Result>;

export interface ControllerOptions {
  name: string;
  /** How many keys are worked on at once. */
  workers: number;
  /** Milliseconds of one reconcile, after which its signal is aborted. */
  timeoutMs: number;
}

export interface ControllerDeps {
  clock: Clock;
  random: () => number;
  log: Log;
  metrics: ControllerMetrics;
  reconcileId: () => string;
}

/** First wait and longest wait of one key after failures, in milliseconds. */
const BACKOFF = { baseMs: 5, capMs: 300_000 };

/**
 * Longest wait in milliseconds while the objects or the store cannot be reached or refuse what is asked of them,
 * whatever they call it: half a minute after that has passed all are to be as they should.
 */
const REFUSED_MS = 15_000;

/** The longest wait that the objects may ask for, in milliseconds: a mistake of theirs must not stop a key for good. */
const MAX_ASKED_MS = 60_000;

/** Runs `reconcile` for each key that its queue holds. */
export class Controller {
  readonly name: string;
  readonly queue: WorkQueue;
  readonly #options: ControllerOptions;
  readonly #reconcile: Reconcile;
  readonly #deps: ControllerDeps;
  readonly #stopping = new AbortController();
  /** What keys last failed with that goes on failing, to be told once. */
  readonly #told = new Map<string, string>();
  #workers: Promise<void>[] = [];
  #active = 0;

  constructor(options: ControllerOptions, reconcile: Reconcile, deps: ControllerDeps) {
    this.name = options.name;
    this.#options = options;
    this.#reconcile = reconcile;
    this.#deps = deps;
    const backoff = new FailureBackoff(BACKOFF, deps.random);
    this.queue = new WorkQueue({ clock: deps.clock, backoff, metrics: deps.metrics });
  }

  start(): void {
    this.#workers = Array.from({ length: this.#options.workers }, () => this.#work());
  }

  /** Takes no further key and waits for the running ones, whose signals are aborted. */
  async stop(): Promise<void> {
    this.queue.close();
    this.#stopping.abort(new Error('the operator is stopping'));
    await Promise.all(this.#workers);
  }

  async #work(): Promise<void> {
    for (;;) {
      const key = await this.queue.take();
      if (key === undefined) return;
      this.#deps.metrics.activeWorkers(++this.#active);
      await this.#runOne(key);
      this.#deps.metrics.activeWorkers(--this.#active);
    }
  }

  async #runOne(key: string): Promise<void> {
    const { clock, metrics } = this.#deps;
    const reconcileId = this.#deps.reconcileId();
    const log = this.#deps.log.child({ controller: this.name, key, reconcileId });
    const started = clock.monotonic();
    let outcome: Outcome;
    const timeout = new AbortController();
    const timer = clock.after(this.#options.timeoutMs, () => {
      metrics.timedOut();
      timeout.abort(new Error(`the reconcile took longer than ${this.#options.timeoutMs} ms`));
    });
    try {
      // A run that ignores its signal keeps the key until it returns: two runs of one key would be worse.
      const signal = AbortSignal.any([timeout.signal, this.#stopping.signal]);
      const result = await this.#reconcile(key, { signal, reconcileId, log });
      this.queue.forget(key);
      this.#told.delete(key);
      outcome = result.kind === 'done' ? 'success' : 'requeue_after';
      if (result.kind === 'requeue') this.queue.addAfter(key, result.afterMs);
    } catch (error) {
      outcome = this.#failed(key, error, log, timeout.signal.aborted);
    } finally {
      timer.cancel();
    }
    metrics.reconciled(outcome, (clock.monotonic() - started) / 1000);
    this.queue.done(key);
  }

  #failed(key: string, error: unknown, log: Log, timedOut: boolean): Outcome {
    if (this.#stopping.signal.aborted) return 'error';
    if (error instanceof TerminalError) {
      this.queue.forget(key);
      this.#tell(key, error, log, 'reconcile failed, and trying again soon cannot help');
      this.#hold(key, error.cause);
      // Spread, since what one cause stopped would otherwise come back all at once.
      if (error.againMs !== undefined)
        this.queue.addAfter(key, error.againMs * (1 + this.#deps.random() / 2));
      return 'terminal_error';
    }
    if (error instanceof ObjectError && error.reason === 'Ending') {
      this.queue.forget(key);
      this.#tell(key, new Error('its namespace is being deleted'), log, 'nothing is made any more', 'info');
      // Its objects go one by one, and each that does is told; this is for an end that takes long.
      this.queue.addAfter(key, REFUSED_MS);
      return 'requeue_after';
    }
    const isRefusal = error instanceof ObjectError || error instanceof OutsideError;
    if (isRefusal || (timedOut && error instanceof Error)) {
      this.#tell(key, error, log, 'the reconcile is retried');
      this.#hold(key, error);
      this.queue.retry(key, REFUSED_MS);
      return 'error';
    }
    log.error({ err: error }, 'reconcile failed and is retried');
    this.queue.retry(key);
    return 'error';
  }

  /** Keeps to what was asked for: a change of the object does not make a busy server ready. */
  #hold(key: string, error: unknown): void {
    if (!(error instanceof ObjectError) || error.retryAfterMs === undefined) return;
    this.queue.hold(key, Math.min(error.retryAfterMs, MAX_ASKED_MS));
  }

  /** Without a stack, which says nothing of what another process refused; aloud only when it is news. */
  #tell(key: string, { message }: Error, log: Log, what: string, level: 'info' | 'warn' = 'warn'): void {
    const isNews = this.#told.get(key) !== message;
    this.#told.set(key, message);
    log[isNews ? level : 'debug']({ reason: message }, what);
  }
}

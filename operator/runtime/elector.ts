import { fullJitter } from './backoff.ts';
import type { Clock, Timer } from './clock.ts';
import { type LeaseClient, LeaseConflict, type LeaseRecord, LeaseRefused } from './lease.ts';
import { LeaseView, type OtherHolder } from './lease-view.ts';
import type { Log } from './log.ts';
import type { LeaderMetrics } from './metrics.ts';
import { orAborted, sleep } from './signals.ts';

export interface ElectorOptions {
  /** Names this process among all that may hold the lease. */
  identity: string;
  /** What other holders are told of this one. */
  note: string;
  /**
   * Nobody could go on with its work, so that it does not end for a lease that it cannot renew: it pauses, and acts
   * again once the lease is renewed. It ends only when another holds it, or has held it meanwhile.
   */
  irreplaceable: boolean;
}

export interface ElectorDeps {
  lease: LeaseClient;
  clock: Clock;
  random: () => number;
  log: Log;
  metrics: LeaderMetrics;
  /** Hears of each other holder, and again when it is known to be alive. What it throws ends the election. */
  noticed(holder: OtherHolder): void;
  /** Seconds since the last renewal, when the deadline has passed: nothing may be written until the next. */
  paused(seconds: number): void;
  /** The lease is lost, once: nothing may be written any more. */
  lost(reason: string): void;
}

/**
 * Milliseconds, as client-go and most controllers have them: others may take over `durationMs` after the last renewal
 * that they saw; the holder gives up `deadlineMs` after the last one that it made, so that there is no time with two.
 */
export const TIMES = { durationMs: 15_000, deadlineMs: 10_000, retryMs: 2000 } as const;

/** Milliseconds of one try; the deadline has room for two that hang. */
const TRY_MS = 4000;
/** Milliseconds that giving the lease back may take. */
const RELEASE_MS = 3000;
/** Milliseconds over which those who wait for the same end of a lease are spread. */
const SPREAD = { baseMs: 200, capMs: 200 };
/** A timer that fires so late tells of a process that stood still, in milliseconds. */
const STOOD_STILL_MS = 1000;

/**
 * Holds a lease among several processes. Time is measured by this process alone: expiry counts from when a change of
 * the record was seen, never from what it says, so that wrong clocks hurt nobody.
 */
export class Elector {
  readonly #options: ElectorOptions;
  readonly #deps: ElectorDeps;
  readonly #view: LeaseView;
  #held = false;
  /** Monotonic time before the last renewal that went through was sent. */
  #renewedAt = 0;
  /** What the wall clock was ahead of the monotonic one then. */
  #offset = 0;
  readonly #stopping = new AbortController();
  #renewing: Promise<void> = Promise.resolve();
  #next: Timer | undefined;
  #deadline: Timer | undefined;
  #troubled = false;
  #paused = false;
  #starting: Promise<void> = Promise.resolve();

  constructor(options: ElectorOptions, deps: ElectorDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#view = new LeaseView(options.identity, deps.clock);
    deps.metrics.leader(false);
  }

  /**
   * Whether this process may write at this moment. A wall clock that ran ahead of the monotonic one counts as time
   * that passed, since machines that sleep stop the one and not the other: then it may not until the next renewal.
   */
  mayAct(): boolean {
    const { clock } = this.#deps;
    const slept = Math.max(0, clock.now() - clock.monotonic() - this.#offset);
    return this.#held && clock.monotonic() - this.#renewedAt + slept < TIMES.deadlineMs;
  }

  /**
   * Resolves when the lease is held.
   * @throws LeaseRefused, what `noticed` threw, or the signal's reason
   */
  start(signal: AbortSignal): Promise<void> {
    this.#starting = this.#start(signal);
    return this.#starting;
  }

  async #start(signal: AbortSignal): Promise<void> {
    const ended = AbortSignal.any([signal, this.#stopping.signal]);
    while (!(await this.#acquire(ended))) await sleep(this.#deps.clock, this.#wait(), ended);
    ended.throwIfAborted();
    this.#deps.log.info({ identity: this.#options.identity }, 'the lease is held');
    this.#deps.metrics.leader(true);
    this.#scheduleRenewal(TIMES.retryMs);
  }

  /** Gives the lease back, so that another need not wait for its end. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the operator is stopping'));
    this.#next?.cancel();
    await Promise.allSettled([this.#starting, this.#renewing]);
    this.#deadline?.cancel();
    if (!this.#held) return;
    this.#held = false;
    this.#deps.metrics.leader(false);
    try {
      await this.#limited(RELEASE_MS, NEVER, (signal) => this.#release(signal));
    } catch (err) {
      this.#deps.log.warn({ err }, 'the lease could not be given back; it runs out by itself');
    }
  }

  async #release(signal: AbortSignal): Promise<void> {
    const { lease } = this.#deps;
    const seen = await lease.read(signal);
    if (seen?.record.holder !== this.#options.identity) return;
    await lease.replace({ ...this.#record(seen.record), holder: '', durationMs: 1000 }, seen.version, signal);
  }

  /** One try. False where another has the lease, or nobody could be asked. */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    try {
      await this.#limited(TRY_MS, signal, async (limited) => {
        this.#view.observe(await this.#deps.lease.read(limited));
        if (this.#view.leftMs === 0) await this.#write(limited);
      });
      this.#troubled = false;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof LeaseRefused) throw error;
      if (!(error instanceof LeaseConflict)) this.#trouble(error);
    }
    // Outside of the try: its error ends the election.
    const news = this.#held ? undefined : this.#view.news();
    if (news !== undefined) this.#deps.noticed(news);
    return this.#held;
  }

  async #write(signal: AbortSignal): Promise<void> {
    const { lease, clock } = this.#deps;
    const sentAt = clock.monotonic();
    const offset = clock.now() - sentAt;
    const { seen } = this.#view;
    const record = this.#record(seen?.record);
    const written =
      seen === undefined
        ? await lease.create(record, signal)
        : await lease.replace(record, seen.version, signal);
    // Another try may be under way by now.
    signal.throwIfAborted();
    this.#view.observe(written);
    // Of no use when it comes so late: others may have counted from the write that it answers.
    if (clock.monotonic() - sentAt >= TIMES.deadlineMs) return;
    this.#renewedAt = sentAt;
    this.#offset = offset;
    this.#held = true;
    if (this.#paused) this.#deps.metrics.leader(true);
    this.#paused = false;
    this.#watchDeadline();
  }

  #record(before: LeaseRecord | undefined): LeaseRecord {
    const { identity, note } = this.#options;
    const now = this.#deps.clock.now();
    const same = before !== undefined && before.holder === identity;
    return {
      holder: identity,
      note,
      durationMs: TIMES.durationMs,
      acquiredAt: same ? before.acquiredAt : now,
      renewedAt: now,
      transitions: (before?.transitions ?? 0) + (same || before === undefined ? 0 : 1),
    };
  }

  #scheduleRenewal(ms: number): void {
    this.#next = this.#deps.clock.after(ms, () => {
      this.#renewing = this.#renew();
    });
  }

  async #renew(): Promise<void> {
    // Where this process stood still, this timer may come before that of the deadline.
    this.#pauseIfOverdue();
    if (!this.#held) return;
    const { log } = this.#deps;
    try {
      await this.#limited(TRY_MS, this.#stopping.signal, (signal) => this.#renewOnce(signal));
      if (this.#troubled) log.info({}, 'the lease is renewed again');
      this.#troubled = false;
    } catch (error) {
      this.#trouble(error);
    }
    if (this.#held && !this.#stopping.signal.aborted) this.#scheduleRenewal(TIMES.retryMs);
  }

  async #renewOnce(signal: AbortSignal): Promise<void> {
    try {
      await this.#write(signal);
    } catch (error) {
      if (!(error instanceof LeaseConflict)) throw error;
      const before = this.#view.seen?.record.transitions;
      // An earlier try of ours that got no answer may have been it.
      this.#view.observe(await this.#deps.lease.read(signal));
      const { other, seen } = this.#view;
      if (other !== undefined) this.#lose(`${other.identity} has taken it`);
      // What this process remembers is not what that one has left.
      else if (seen?.record.holder === '' && seen.record.transitions !== before)
        this.#lose('another has held it meanwhile');
      else await this.#write(signal);
    }
  }

  #watchDeadline(): void {
    this.#deadline?.cancel();
    const left = this.#renewedAt + TIMES.deadlineMs - this.#deps.clock.monotonic();
    this.#deadline = this.#deps.clock.after(left, () => this.#pauseIfOverdue());
  }

  #pauseIfOverdue(): void {
    const passed = this.#deps.clock.monotonic() - this.#renewedAt;
    if (!this.#held || passed < TIMES.deadlineMs) return;
    const seconds = Math.round(passed / 1000);
    if (!this.#options.irreplaceable) {
      const stood = passed - TIMES.deadlineMs > STOOD_STILL_MS ? ': this process stood still' : '';
      this.#lose(`it was not renewed for ${seconds} s${stood}`);
    } else if (!this.#paused) {
      this.#paused = true;
      this.#deps.metrics.leader(false);
      this.#deps.paused(seconds);
    }
  }

  #lose(reason: string): void {
    if (!this.#held) return;
    this.#held = false;
    this.#next?.cancel();
    this.#deadline?.cancel();
    this.#deps.metrics.leader(false);
    this.#deps.lost(reason);
  }

  /** A line for the first of several failures in a row. */
  #trouble(error: unknown): void {
    if (!this.#troubled) this.#deps.log.warn({ err: error }, 'the lease cannot be read or written');
    this.#troubled = true;
  }

  /** Milliseconds to the next try: sooner where the lease ends before. */
  #wait(): number {
    const { leftMs, other } = this.#view;
    const wait = other === undefined ? TIMES.retryMs : Math.min(TIMES.retryMs, leftMs);
    return wait + fullJitter(0, SPREAD, this.#deps.random);
  }

  /** Runs `work` for at most `ms` and until `ended`, whether it heeds its signal or not. */
  async #limited(
    ms: number,
    ended: AbortSignal,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const limit = new AbortController();
    const timer = this.#deps.clock.after(ms, () => limit.abort(new Error(`no answer within ${ms / 1000} s`)));
    const signal = AbortSignal.any([limit.signal, ended]);
    try {
      await orAborted(work(signal), signal);
    } finally {
      timer.cancel();
    }
  }
}

const NEVER = new AbortController().signal;

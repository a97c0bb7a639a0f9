import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { WatchEnd, WatchMetrics } from '../runtime/metrics.ts';
import type { KubeObject, ObjectRef } from '../runtime/objects.ts';
import { refOf } from '../runtime/objects.ts';
import { sleep } from '../runtime/signals.ts';
import type { ObjectList } from './client.ts';
import { Malformed } from './decode.ts';
import { KubeError } from './errors.ts';
import type { WatchEvent } from './watch-events.ts';
import { WatchTimer } from './watch-timer.ts';

/** Where objects come from: one kind, in one namespace or everywhere. */
export interface Source {
  list(signal: AbortSignal): Promise<ObjectList>;
  watch(
    from: { resourceVersion: string; timeoutSeconds: number },
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent>;
}

/** Where they go. Nothing here throws. */
export interface Sink {
  replace(objects: readonly KubeObject[]): void;
  put(object: KubeObject): void;
  remove(ref: ObjectRef): void;
}

export interface ReflectorDeps {
  kind: string;
  clock: Clock;
  random: () => number;
  log: Log;
  metrics: Pick<WatchMetrics, 'restarted' | 'heard'>;
}

/**
 * Seconds that a watch is asked to last, the least and the most. A connection may be gone without a sign (client issues
 * #301, #364, #596), so the server is made to give one: it ends the watch, with a bookmark about two seconds before
 * (`nextBookmarkTime` of kube-apiserver's cacher; without the wish it would be one a minute).
 */
const WATCH_SECONDS = { least: 15, most: 20 };

/** Milliseconds by which a watch may outlast that: then it is dead. A new one is cheap, since it goes on from the last version. */
const OVERDUE_MS = 3000;

/** Milliseconds of silence that are enough when there is another sign that connections are dead. */
const DOUBTED_MS = 5000;

/**
 * Milliseconds of watches that ended in time and brought neither event nor bookmark, after which only a list tells
 * whether anything happened. Each of them brings a bookmark where anything is written to the cluster and etcd tells of its
 * progress (every 5 s as kubeadm sets it, every ten minutes by default).
 */
const MUTE_MS = 90_000;

/** The part of the time asked for after which an end counts as that end: lines are slow, clocks differ. */
const FULL_PART = 0.9;

/** Milliseconds between two full lists: what no watch told, a list does. Up to a tenth is taken off. */
const RELIST_MS = 600_000;

/** Milliseconds after which the end of a watch makes no later wait longer: such watches are no hot loop. */
const HEALTHY_MS = 10_000;

/**
 * Milliseconds between tries. The longest is short enough for a cache to be right again within half a minute of an
 * API server's return, and a handful of watches is no load.
 */
const BACKOFF = { firstMs: 1000, capMs: 15_000 };

/**
 * Keeps a sink equal to what the API server holds: list, then watch from there, then watch again from the last
 * version seen. One loop, so that there are never two watches (client issue #1933) and the list is within the retry
 * (client issues #447, #836).
 */
export class Reflector {
  readonly #source: Source;
  readonly #sink: Sink;
  readonly #deps: ReflectorDeps;
  readonly #stopping = new AbortController();
  readonly #synced = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;
  /** What the next watch begins from; undefined when only a list helps. */
  #version: string | undefined;
  #isSynced = false;
  #relistAt = 0;
  #failures = 0;
  #trafficAt: number;
  /** Milliseconds of watches since then. */
  #quietMs = 0;
  #error: string | null = null;
  #timer: WatchTimer | undefined;

  constructor(source: Source, sink: Sink, deps: ReflectorDeps) {
    this.#source = source;
    this.#sink = sink;
    this.#deps = deps;
    this.#trafficAt = deps.clock.monotonic();
  }

  /** Resolves after the first list. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  /** Whether the sink has held everything once, seconds since the last list, event or bookmark, and the last failure. */
  health(): { synced: boolean; lastEventAge: number; error: string | null } {
    const lastEventAge = (this.#deps.clock.monotonic() - this.#trafficAt) / 1000;
    return { synced: this.#isSynced, lastEventAge, error: this.#error };
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Begins the watch anew if it is silent: a call beside it got no answer. */
  doubt(): void {
    this.#timer?.doubt(DOUBTED_MS);
  }

  /** Resolves when nothing is open any more. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the watch is stopping'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let before: WatchEnd | undefined;
    while (!signal.aborted) {
      const { reason, retryAfterMs = 0 } = await this.#pass();
      if (signal.aborted) return;
      this.#deps.metrics.restarted(this.#deps.kind, reason);
      // A server that is back after an outage says 410, and a list helps; where it did not, waits grow.
      const isNews = reason === 'gone' && before !== 'gone';
      before = reason;
      if (reason === 'relist' || reason === 'expired') continue;
      const wait = Math.max(this.#backoff(isNews), Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
      await sleep(this.#deps.clock, wait, signal).catch(() => {});
    }
  }

  /** One list where one is due, and one watch. Says why it ended. */
  async #pass(): Promise<{ reason: WatchEnd; retryAfterMs?: number | undefined }> {
    let reason: WatchEnd = 'list_failed';
    try {
      if (this.#version === undefined || this.#deps.clock.monotonic() >= this.#relistAt) await this.#list();
      reason = 'error';
      return { reason: await this.#watch(this.#version!) };
    } catch (error) {
      if (this.#stopping.signal.aborted) return { reason };
      const retryAfterMs = error instanceof KubeError ? error.retryAfterMs : undefined;
      if (reason === 'error') reason = this.#classify(error);
      this.#note(error, reason);
      return { reason, retryAfterMs };
    }
  }

  async #list(): Promise<void> {
    const { clock, random } = this.#deps;
    const { objects, resourceVersion } = await this.#source.list(this.#stopping.signal);
    this.#stopping.signal.throwIfAborted();
    this.#sink.replace(objects);
    this.#version = resourceVersion;
    this.#heard();
    this.#relistAt = clock.monotonic() + RELIST_MS * (1 - random() / 10);
    this.#isSynced = true;
    this.#synced.resolve();
  }

  async #watch(resourceVersion: string): Promise<WatchEnd> {
    const { clock, random } = this.#deps;
    const opened = clock.monotonic();
    const wanted = WATCH_SECONDS.least + random() * (WATCH_SECONDS.most - WATCH_SECONDS.least);
    const untilRelist = (this.#relistAt - opened) / 1000;
    const timeoutSeconds = Math.max(1, Math.ceil(Math.min(wanted, untilRelist)));
    const timer = new WatchTimer(clock, timeoutSeconds * 1000 + OVERDUE_MS);
    this.#timer = timer;
    try {
      const signal = AbortSignal.any([this.#stopping.signal, timer.signal]);
      for await (const event of this.#source.watch({ resourceVersion, timeoutSeconds }, signal)) {
        timer.alive();
        this.#heard();
        this.#take(event);
      }
    } catch (error) {
      if (!timer.fired) throw error;
    } finally {
      timer.stop();
      this.#timer = undefined;
      if (clock.monotonic() - opened >= HEALTHY_MS) this.#failures = 0;
    }
    const lasted = clock.monotonic() - opened;
    if (this.#trafficAt < opened) this.#quietMs += lasted;
    // A server whose store was restored from a copy waits without a word for a version that it will not see again.
    const mute = this.#quietMs >= MUTE_MS;
    if (mute) this.#version = undefined;
    const due = timeoutSeconds * 1000;
    // A server that goes on sending after that time has not fallen silent.
    if (timer.fired && this.#trafficAt - opened < due) return 'silent';
    const isWhole = lasted >= due * FULL_PART;
    if (isWhole) this.#recovered();
    if (mute || clock.monotonic() >= this.#relistAt) return 'relist';
    return isWhole ? 'expired' : 'closed';
  }

  #heard(): void {
    this.#recovered();
    this.#trafficAt = this.#deps.clock.monotonic();
    this.#quietMs = 0;
    this.#deps.metrics.heard(this.#deps.kind);
  }

  #recovered(): void {
    if (this.#error !== null) this.#deps.log.info({}, 'the API server is followed again');
    this.#error = null;
  }

  #take(event: WatchEvent): void {
    if (event.type === 'BOOKMARK') {
      this.#version = event.resourceVersion;
      return;
    }
    if (event.type === 'DELETED') this.#sink.remove(refOf(event.object));
    else this.#sink.put(event.object);
    this.#version = event.object.metadata.resourceVersion;
  }

  #classify(error: unknown): WatchEnd {
    const gone = error instanceof KubeError && error.isGone;
    const malformed = error instanceof Malformed;
    // What was lost cannot be known, so everything is read again.
    if (gone || malformed) this.#version = undefined;
    return gone ? 'gone' : malformed ? 'malformed' : 'error';
  }

  #note(error: unknown, reason: WatchEnd): void {
    const message = error instanceof Error ? error.message : String(error);
    // An outage is told once.
    const level = message === this.#error ? 'debug' : 'warn';
    this.#deps.log[level]({ reason, error: message }, 'the API server cannot be followed; trying again');
    this.#error = message;
  }

  #backoff(isNews: boolean): number {
    const ceiling = isNews ? BACKOFF.firstMs : Math.min(BACKOFF.capMs, BACKOFF.firstMs * 2 ** this.#failures);
    this.#failures++;
    // At least half of it: several kinds fail together, and must not come back together either.
    return ceiling * (0.5 + this.#deps.random() / 2);
  }
}

/** The longest wait that a server may ask for, in milliseconds. */
const MAX_RETRY_AFTER_MS = 60_000;

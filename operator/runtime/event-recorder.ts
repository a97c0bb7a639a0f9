import { createHash } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { EventRecorder, EventSeries, EventSink, EventSubject, ObjectEvent } from './events.ts';
import type { Log } from './log.ts';
import type { EventMetrics } from './metrics.ts';
import { ObjectError } from './objects.ts';

/** API servers keep events for an hour, so what comes again after one is news. */
const WINDOW_MS = 3_600_000;
/** Writes for one object within the window: what flaps must not fill the cluster's store, nor good news hide bad. */
const WRITES_PER_OBJECT = { Normal: 5, Warning: 10 } as const;
/** Series that wait to be written: an API server that is away for long must not fill our memory. */
const MAX_PENDING = 1000;
/** Limit of the Kubernetes API for an event's message, in characters. */
const MAX_MESSAGE = 1024;

export interface EventRecorderDeps {
  sink: EventSink;
  clock: Pick<Clock, 'now' | 'monotonic'>;
  metrics: EventMetrics;
  log: Log;
}

interface Series extends EventSeries {
  /** Monotonic milliseconds. */
  heardAt: number;
}

/**
 * Joins equal events (object, type, reason) into series, writes them one after another in the background, and bounds
 * what is written about one object. Nothing is tried twice: an event is a courtesy, the status has the facts.
 */
export class BoundedEventRecorder implements EventRecorder {
  readonly #deps: EventRecorderDeps;
  /** By uid, type and reason; the one that was heard last comes last. */
  readonly #series = new Map<string, Series>();
  readonly #writes = new Map<string, number[]>();
  readonly #pending = new Set<Series>();
  #writing: Promise<void> | null = null;

  constructor(deps: EventRecorderDeps) {
    this.#deps = deps;
  }

  record(subject: EventSubject, event: ObjectEvent): void {
    const { clock, metrics } = this.#deps;
    const now = clock.monotonic();
    this.#forget(now);
    const series = this.#join(subject, event, now);
    if (this.#pending.has(series)) return;
    if (this.#pending.size >= MAX_PENDING || !this.#mayWrite(subject, event, now)) {
      metrics.event('dropped');
      return;
    }
    this.#pending.add(series);
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
  }

  /** Resolves when everything that waits has been written or has failed. */
  async drain(): Promise<void> {
    await this.#writing;
  }

  #join(subject: EventSubject, event: ObjectEvent, heardAt: number): Series {
    const key = `${subject.metadata.uid}/${event.type}/${event.reason}`;
    const at = this.#deps.clock.now();
    const known = this.#series.get(key);
    const series: Series = {
      ...(known ?? { name: nameOf(subject, key, at), count: 0, firstAt: at }),
      subject,
      event: { ...event, message: event.message.slice(0, MAX_MESSAGE) },
      lastAt: at,
      heardAt,
    };
    series.count++;
    this.#series.delete(key);
    // One object for the life of a series, so that what waits is written as it is by then.
    const kept = known === undefined ? series : Object.assign(known, series);
    this.#series.set(key, kept);
    return kept;
  }

  #mayWrite({ metadata: { uid } }: EventSubject, { type }: ObjectEvent, now: number): boolean {
    const recent = (this.#writes.get(uid) ?? []).filter((at) => now - at < WINDOW_MS);
    if (recent.length >= WRITES_PER_OBJECT[type]) return false;
    this.#writes.set(uid, [...recent, now]);
    return true;
  }

  /** Drops what nobody has heard of for a window. */
  #forget(now: number): void {
    for (const [key, { heardAt, subject }] of this.#series) {
      if (now - heardAt < WINDOW_MS) break;
      this.#series.delete(key);
      const { uid } = subject.metadata;
      if (this.#writes.get(uid)?.every((at) => now - at >= WINDOW_MS) === true) this.#writes.delete(uid);
    }
  }

  async #write(): Promise<void> {
    const { sink, metrics, log } = this.#deps;
    for (const series of this.#pending) {
      this.#pending.delete(series);
      try {
        await sink.write(series);
        metrics.event('written');
      } catch (error) {
        metrics.event('failed');
        if (error instanceof ObjectError && error.reason === 'Ending') continue;
        const { kind, metadata } = series.subject;
        const object = `${kind} ${metadata.namespace}/${metadata.name}`;
        log.warn({ err: error, object, reason: series.event.reason }, 'an event could not be written');
      }
    }
  }
}

/** The same series has one name, as client libraries form it: the object's name and 16 hex digits. */
function nameOf({ metadata }: EventSubject, key: string, at: number): string {
  const suffix = createHash('sha256').update(`${key}/${at}`).digest('hex').slice(0, 16);
  return `${metadata.name}.${suffix}`;
}

/** Where there is no API server to tell, the log is told. */
export function logSink(log: Log): EventSink {
  return {
    async write({ subject: { kind, metadata }, event: { type, reason, message }, count }) {
      const object = `${kind} ${metadata.namespace}/${metadata.name}`;
      log.info({ object, type, reason, count }, message);
    },
  };
}

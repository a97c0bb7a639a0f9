import type { ObjectList } from '../../operator/kube/client.ts';
import type { Source } from '../../operator/kube/reflector.ts';
import type { WatchEvent } from '../../operator/kube/watch-events.ts';

/** One watch, whose events a test sends. */
export class ScriptedWatch {
  readonly resourceVersion: string;
  readonly timeoutSeconds: number;
  /** Until it ended, failed or was aborted. */
  open = true;
  readonly #waiting: (() => void)[] = [];
  readonly #steps: (() => WatchEvent | undefined)[] = [];

  constructor(from: { resourceVersion: string; timeoutSeconds: number }) {
    this.resourceVersion = from.resourceVersion;
    this.timeoutSeconds = from.timeoutSeconds;
  }

  push(...events: WatchEvent[]): void {
    for (const event of events) this.#step(() => event);
  }

  /** The server ends it. */
  end(): void {
    this.#step(() => undefined);
  }

  fail(error: unknown): void {
    this.#step(() => {
      throw error;
    });
  }

  async *events(signal: AbortSignal): AsyncGenerator<WatchEvent> {
    signal.addEventListener('abort', () => this.fail(signal.reason));
    try {
      for (;;) {
        const step = this.#steps.shift();
        if (step === undefined) {
          await new Promise<void>((resolve) => this.#waiting.push(resolve));
          continue;
        }
        const event = step();
        if (event === undefined) return;
        yield event;
      }
    } finally {
      this.open = false;
    }
  }

  #step(step: () => WatchEvent | undefined): void {
    this.#steps.push(step);
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** A source of objects that does what a test says. */
export class ScriptedSource implements Source {
  lists = 0;
  readonly watches: ScriptedWatch[] = [];
  /** Answers the next lists. */
  onList: (signal: AbortSignal) => Promise<ObjectList> = async () => ({ objects: [], resourceVersion: '1' });
  /** Looks at each watch as it opens; what it throws is the server's refusal. */
  onWatch: (watch: ScriptedWatch) => void = () => {};

  list(signal: AbortSignal): Promise<ObjectList> {
    this.lists++;
    return this.onList(signal);
  }

  async *watch(
    from: { resourceVersion: string; timeoutSeconds: number },
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent> {
    const watch = new ScriptedWatch(from);
    this.watches.push(watch);
    this.onWatch(watch);
    yield* watch.events(signal);
  }

  /** The newest watch. */
  get last(): ScriptedWatch {
    const watch = this.watches.at(-1);
    if (watch === undefined) throw new Error('nothing is watched yet');
    return watch;
  }

  get open(): number {
    return this.watches.filter((watch) => watch.open).length;
  }
}

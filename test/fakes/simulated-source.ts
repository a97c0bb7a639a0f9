import type { ObjectList } from '../../operator/kube/client.ts';
import { Malformed } from '../../operator/kube/decode.ts';
import { KubeError } from '../../operator/kube/errors.ts';
import type { Source } from '../../operator/kube/reflector.ts';
import type { WatchEvent } from '../../operator/kube/watch-events.ts';
import type { Clock } from '../../operator/runtime/clock.ts';
import type { KubeObject } from '../../operator/runtime/objects.ts';
import { configMap } from './kube-objects.ts';

interface Change {
  version: number;
  event: WatchEvent;
}

/** An open watch: how far it has told, and what became of it. */
interface Stream {
  told: number;
  state: 'open' | 'muted' | 'ended' | { error: unknown };
  wake: () => void;
}

/** What an API server does with the objects of one kind: versions, a history that is compacted, watches that fail. */
export class SimulatedSource implements Source {
  readonly objects = new Map<string, KubeObject>();
  /** Lists and new watches are refused while this is set. */
  down = false;
  readonly #clock: Clock;
  #version = 1;
  #history: Change[] = [];
  #compacted = 0;
  readonly #streams = new Set<Stream>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  put(name: string, value: string): void {
    const version = ++this.#version;
    const known = this.objects.get(name);
    const uid = known?.metadata.uid ?? `uid-${version}`;
    const object = configMap(name, String(version), { uid, data: { value } });
    this.objects.set(name, object);
    this.#record({ version, event: { type: known === undefined ? 'ADDED' : 'MODIFIED', object } });
  }

  delete(name: string): void {
    const known = this.objects.get(name);
    if (known === undefined) return;
    const version = ++this.#version;
    this.objects.delete(name);
    const object = { ...known, metadata: { ...known.metadata, resourceVersion: String(version) } };
    this.#record({ version, event: { type: 'DELETED', object } });
  }

  /** Forgets the history up to now: who is behind gets 410. */
  compact(): void {
    this.#compacted = this.#version;
    this.#history = [];
  }

  /** What becomes of the watches that are open. */
  fault(kind: 'end' | 'break' | 'gone' | 'malformed' | 'mute'): void {
    const states = {
      end: 'ended',
      mute: 'muted',
      break: { error: new Error('ECONNRESET') },
      gone: { error: new KubeError(410, 'Expired', 'too old') },
      malformed: { error: new Malformed('an event that is no JSON') },
    } as const;
    for (const stream of this.#streams) {
      stream.state = states[kind];
      stream.wake();
    }
  }

  async list(signal: AbortSignal): Promise<ObjectList> {
    await turn();
    signal.throwIfAborted();
    if (this.down) throw new KubeError(503, '', 'down');
    return { objects: [...this.objects.values()], resourceVersion: String(this.#version) };
  }

  async *watch(
    { resourceVersion, timeoutSeconds }: { resourceVersion: string; timeoutSeconds: number },
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent> {
    await turn();
    signal.throwIfAborted();
    if (this.down) throw new KubeError(503, '', 'down');
    const stream: Stream = { told: Number(resourceVersion), state: 'open', wake: () => {} };
    if (stream.told < this.#compacted) throw new KubeError(410, 'Expired', 'too old');
    this.#streams.add(stream);
    const timer = this.#clock.after(timeoutSeconds * 1000, () => {
      if (stream.state === 'open') stream.state = 'ended';
      stream.wake();
    });
    signal.addEventListener('abort', () => {
      stream.state = { error: signal.reason };
      stream.wake();
    });
    try {
      for (;;) {
        if (stream.state === 'ended') return;
        if (typeof stream.state === 'object') throw stream.state.error;
        const next = this.#history.find(({ version }) => version > stream.told);
        if (stream.state === 'open' && next !== undefined) {
          stream.told = next.version;
          yield next.event;
        } else {
          await new Promise<void>((resolve) => {
            stream.wake = resolve;
          });
        }
      }
    } finally {
      timer.cancel();
      this.#streams.delete(stream);
    }
  }

  #record(change: Change): void {
    this.#history.push(change);
    for (const stream of this.#streams) stream.wake();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

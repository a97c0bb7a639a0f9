import { notChecked } from '../api/access.ts';
import type { Clock } from '../runtime/clock.ts';

/** An answer, and how long it holds. */
export interface Answer<V> {
  value: V;
  /** Milliseconds for which nobody is asked again. */
  freshMs: number;
  /** Milliseconds for which it stands while nobody can be asked; 0 for answers that never do. */
  heldMs: number;
}

export interface ReviewCacheOptions {
  /** Answers that may stand without the API server. */
  maxHeld: number;
  /** The others: whoever makes up tokens must not push out what is held. */
  maxPassing: number;
  /** Questions at once; more are turned away, so that a flood of tokens does not become one of reviews. */
  maxAsking: number;
}

export interface ReviewCacheDeps {
  clock: Pick<Clock, 'monotonic'>;
  /** Whether a failure says that others would fail as well, not only this question. */
  isAway(error: unknown): boolean;
  /** Called when the API server can no longer be asked, and with null when it can again. */
  onAway(error: unknown): void;
}

/** Milliseconds after a failure for which nothing is asked: each question would wait for its time-outs. */
const REST_MS = 1000;

interface Entry<V> {
  value: V;
  freshUntil: number;
  heldUntil: number;
}

/** Answers of the API server, bounded in number and age; one question at a time for each key. */
export class ReviewCache<V> {
  readonly #options: ReviewCacheOptions;
  readonly #deps: ReviewCacheDeps;
  readonly #held = new Map<string, Entry<V>>();
  readonly #passing = new Map<string, Entry<V>>();
  readonly #asking = new Map<string, Promise<V>>();
  #restUntil = Number.NEGATIVE_INFINITY;
  #away = false;

  constructor(options: ReviewCacheOptions, deps: ReviewCacheDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** @throws ApiError `access_not_checked` where nobody can be asked, and no earlier answer stands */
  async ask(key: string, review: () => Promise<Answer<V>>): Promise<V> {
    const now = this.#deps.clock.monotonic();
    const known = this.#held.get(key) ?? this.#passing.get(key);
    if (known !== undefined && now < known.freshUntil) return known.value;
    if (now < this.#restUntil) return this.#standing(key);
    let asking = this.#asking.get(key);
    if (asking === undefined) {
      if (this.#asking.size >= this.#options.maxAsking) return this.#standing(key);
      asking = this.#ask(key, review).finally(() => this.#asking.delete(key));
      this.#asking.set(key, asking);
    }
    try {
      return await asking;
    } catch {
      return this.#standing(key);
    }
  }

  async #ask(key: string, review: () => Promise<Answer<V>>): Promise<V> {
    try {
      const answer = await review();
      this.#keep(key, answer);
      if (this.#away) this.#deps.onAway(null);
      this.#away = false;
      return answer.value;
    } catch (error) {
      if (this.#deps.isAway(error)) {
        this.#restUntil = this.#deps.clock.monotonic() + REST_MS;
        if (!this.#away) this.#deps.onAway(error);
        this.#away = true;
      }
      throw error;
    }
  }

  #keep(key: string, { value, freshMs, heldMs }: Answer<V>): void {
    const now = this.#deps.clock.monotonic();
    this.#held.delete(key);
    this.#passing.delete(key);
    const { maxHeld, maxPassing } = this.#options;
    const [place, most] = heldMs > 0 ? [this.#held, maxHeld] : [this.#passing, maxPassing];
    place.set(key, { value, freshUntil: now + freshMs, heldUntil: now + heldMs });
    // A map is in the order of writing, so that the first is the oldest answer.
    if (place.size > most) place.delete(place.keys().next().value!);
  }

  #standing(key: string): V {
    const entry = this.#held.get(key);
    if (entry !== undefined && this.#deps.clock.monotonic() < entry.heldUntil) return entry.value;
    throw notChecked();
  }
}

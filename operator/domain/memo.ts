/** Remembers the answers that were asked for last, up to a number. */
export class Memo<T> {
  readonly #answers = new Map<string, T>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** Null where nothing is remembered. */
  peek(key: string): T | null {
    const known = this.#answers.get(key);
    if (known === undefined) return null;
    this.#touch(key, known);
    return known;
  }

  /** @throws what `make` throws; nothing is remembered then */
  get(key: string, make: () => T): T {
    const known = this.#answers.get(key);
    const answer = known ?? make();
    this.#touch(key, answer);
    if (this.#answers.size > this.#max) this.#answers.delete(this.#answers.keys().next().value!);
    return answer;
  }

  /** The newest last, so that the first is the one to forget. */
  #touch(key: string, answer: T): void {
    this.#answers.delete(key);
    this.#answers.set(key, answer);
  }
}

/** Combinations of label values that one metric may have; what is over is counted as `other`. */
const MAX_CHILDREN = 2_000;

interface Node<T> {
  readonly below: Map<string, Node<T>>;
  made: T | null;
}

const node = <T>(): Node<T> => ({ below: new Map(), made: null });

/** Finds what belongs to a combination of label values: a look-up a label, and no new string. */
export class Combinations<T> {
  readonly all: { readonly labels: readonly string[]; readonly made: T }[] = [];
  readonly #root = node<T>();
  readonly #make: () => T;
  #other: T | null = null;

  constructor(make: () => T) {
    this.#make = make;
  }

  get(labels: readonly string[]): T {
    let at = this.#root;
    for (const label of labels) {
      let next = at.below.get(label);
      if (next === undefined) {
        if (this.all.length >= MAX_CHILDREN) return this.#rest(labels);
        next = node();
        at.below.set(label, next);
      }
      at = next;
    }
    at.made ??= this.#add(labels);
    return at.made;
  }

  #rest(labels: readonly string[]): T {
    this.#other ??= this.#add(labels.map(() => 'other'));
    return this.#other;
  }

  #add(labels: readonly string[]): T {
    const made = this.#make();
    this.all.push({ labels, made });
    return made;
  }
}

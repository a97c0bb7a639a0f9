import type { OutFrame } from './frame.ts';

/** A frame that others may pass, among those that it must not pass itself. */
interface Late {
  readonly frame: OutFrame;
  /** Its place in the order of arrival. */
  readonly place: number;
  /** Late frames before it that must leave first. */
  before: number;
  readonly after: Late[];
}

interface LateChoice {
  /** The last late frame that is a wall of the choice. */
  wall: Late | null;
  /** Late frames of the choice since then. */
  readonly since: Set<Late>;
}

/**
 * Frames whose text may stay undecided for long. Others pass them, except those with text of the same lane, and a wall
 * neither passes nor is passed by a frame of its choice. Finding out what is free costs the same however many wait.
 */
export class LateFrames {
  readonly #lanes = new Map<string, Late>();
  readonly #choices = new Map<number, LateChoice>();
  /** Those that wait for nothing but their own text. */
  readonly #free = new Set<Late>();
  #size = 0;
  #places = 0;

  get size(): number {
    return this.#size;
  }

  /** Whether a frame must not pass one of these. */
  stops({ lanes, choices, walls }: OutFrame): boolean {
    if (this.#size === 0) return false;
    return (
      lanes.some((lane) => this.#lanes.has(lane)) ||
      choices.some((choice) => this.#choices.get(choice)?.wall != null) ||
      walls.some((choice) => (this.#choices.get(choice)?.since.size ?? 0) > 0)
    );
  }

  add(frame: OutFrame): void {
    const late: Late = { frame, place: this.#places++, before: 0, after: [] };
    this.#size++;
    for (const lane of new Set(frame.lanes)) {
      follow(this.#lanes.get(lane), late);
      this.#lanes.set(lane, late);
    }
    for (const choice of new Set(frame.choices)) {
      let known = this.#choices.get(choice);
      if (known === undefined) {
        known = { wall: null, since: new Set() };
        this.#choices.set(choice, known);
      }
      follow(known.wall, late);
      if (frame.walls.includes(choice)) {
        for (const earlier of known.since) follow(earlier, late);
        known.since.clear();
        known.wall = late;
      } else known.since.add(late);
    }
    if (late.before === 0) this.#free.add(late);
  }

  /** Takes out what can leave now, in the order of arrival: calls that left by turns would be read as ended by turns. */
  take(leave: (frame: OutFrame) => void): void {
    const ready: Late[] = [];
    for (const late of this.#free) if (late.frame.waiting === 0) insert(ready, late);
    for (let late = ready.pop(); late !== undefined; late = ready.pop()) {
      this.#forget(late);
      leave(late.frame);
      for (const next of late.after) {
        next.before--;
        if (next.before > 0) continue;
        this.#free.add(next);
        if (next.frame.waiting === 0) insert(ready, next);
      }
    }
  }

  #forget(late: Late): void {
    this.#size--;
    this.#free.delete(late);
    for (const lane of late.frame.lanes) if (this.#lanes.get(lane) === late) this.#lanes.delete(lane);
    for (const choice of late.frame.choices) {
      const known = this.#choices.get(choice);
      if (known === undefined) continue;
      if (known.wall === late) known.wall = null;
      known.since.delete(late);
    }
  }
}

/** Keeps the list in order, the first to leave at its end. */
function insert(ready: Late[], late: Late): void {
  let at = ready.length;
  while (at > 0 && ready[at - 1]!.place < late.place) at--;
  ready.splice(at, 0, late);
}

function follow(earlier: Late | null | undefined, late: Late): void {
  if (earlier == null) return;
  earlier.after.push(late);
  late.before++;
}

/**
 * Bytes of request bodies that may be in memory together: three of the largest, or thousands of usual ones. A body takes
 * up to four times its size while it is read and inspected (measured), and a gateway has 512 MiB by default.
 */
const MAX_BYTES = 96 * 2 ** 20;

/** What one request holds of the room. */
export interface HeldRoom {
  /** @returns false when there is no room for so many bytes more */
  take(bytes: number): boolean;
  /** The body is of no use any more. May be called again. */
  release(): void;
}

/** Bounds the memory of all bodies that are read or served, whoever sends them. */
export class BodyRoom {
  /** Requests whose body is on its way. */
  reading = 0;
  /** Bytes held. */
  bytes = 0;
  readonly #maxBytes: number;

  constructor(maxBytes: number = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  hold(): HeldRoom {
    let held = 0;
    return {
      take: (bytes) => {
        if (this.bytes + bytes > this.#maxBytes) return false;
        this.bytes += bytes;
        held += bytes;
        return true;
      },
      release: () => {
        this.bytes -= held;
        held = 0;
      },
    };
  }
}

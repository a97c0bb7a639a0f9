/** Bytes of request bodies that may be in memory together: eight of the largest, or thousands of usual ones. */
const MAX_BYTES = 256 * 2 ** 20;
/** A body takes four to five times its size while it is read and inspected (measured); half of the memory is for others. */
const MEMORY_SHARE = 1 / 8;

/** What bodies may take of so much memory (bytes): 64 MiB of a gateway's 512 MiB. */
export function bodyBytesOf(memory: number): number {
  return Math.min(MAX_BYTES, memory * MEMORY_SHARE);
}

/** What one request holds of the room. */
export interface HeldRoom {
  /** @returns false when there is no room for so many bytes more */
  take(bytes: number): boolean;
  /** The body is of no use any more. May be called again. */
  release(): void;
}

/** Bounds the memory of all bodies that are read or served, whoever sends them. */
export class BodyRoom {
  /** Bytes held. */
  bytes = 0;
  readonly #maxBytes: number;

  /** @param maxBytes bytes of all bodies together */
  constructor(maxBytes: number) {
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

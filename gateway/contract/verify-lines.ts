import { duplicateKey } from './duplicate-keys.ts';
import { Frontier, hashText, leafHash } from './evidence.ts';

/**
 * `tampered`: what is there is not what was written. `incomplete`: it is, but something is missing.
 * `not_anchored`: it fits together, and nothing from outside says that it is all.
 */
export type VerifyResult = 'ok' | 'tampered' | 'incomplete' | 'not_anchored' | 'unreadable';

/** Exit codes of `kt events verify`. */
export const VERIFY_EXIT: Readonly<Record<VerifyResult, number>> = {
  ok: 0,
  tampered: 1,
  incomplete: 2,
  not_anchored: 3,
  unreadable: 4,
};

/** How far a stream had grown, from someone who cannot have changed the lines. */
export interface StreamHead {
  stream: string;
  /** Number of records. */
  size: number;
  /** Leaf hash of record `size - 1`, `sha256:…`. */
  head: string;
}

export interface VerifyProblem {
  result: Exclude<VerifyResult, 'ok'>;
  stream: string | null;
  seq: number | null;
  message: string;
  expected?: string;
  found?: string;
}

export interface VerifiedStream extends StreamHead {
  /** First seq that is there. */
  first: number;
  /** Merkle tree root over all records, `sha256:…`; null when the first ones are missing. */
  root: string | null;
}

export interface VerifyReport {
  result: VerifyResult;
  exit: number;
  records: number;
  streams: VerifiedStream[];
  /** Worst first, then in the order they were met; at most `MAX_PROBLEMS`. */
  problems: VerifyProblem[];
}

export interface VerifyOptions {
  heads?: readonly StreamHead[];
  /** A stream may begin after seq 0: its oldest records were deleted by age or size. */
  allowPruned?: boolean;
  /** Records behind an outside head that are no problem. */
  allowUnsealedTail?: number;
}

const MAX_PROBLEMS = 100;
const SEVERITY: readonly VerifyResult[] = ['unreadable', 'tampered', 'incomplete', 'not_anchored', 'ok'];

interface Hole {
  from: number;
  to: number;
}

interface StreamState {
  first: number;
  next: number;
  leaf: string;
  tree: Frontier;
  holes: Hole[];
  /** Leaf hashes at the sizes of outside heads. */
  leafAt: Map<number, string>;
  /** The link before was broken, and this problem says so. */
  broken: VerifyProblem | null;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Checks records one by one, in the order of their streams; streams may alternate. Memory does not grow with them. */
export class LineVerifier {
  readonly #options: VerifyOptions;
  readonly #streams = new Map<string, StreamState>();
  /** Ranges that `stream.gap` records own up to: of their own stream, or of an older one of the same folder. */
  readonly #admitted = new Map<string, Hole[]>();
  readonly #problems: VerifyProblem[] = [];
  readonly #sizes = new Map<string, Set<number>>();
  #records = 0;
  #lastStream: string | null = null;

  constructor(options: VerifyOptions = {}) {
    this.#options = options;
    for (const head of options.heads ?? []) {
      const sizes = this.#sizes.get(head.stream) ?? new Set();
      this.#sizes.set(head.stream, sizes.add(head.size));
    }
  }

  /**
   * Takes the next record. `compare` looks at the parsed record, as for columns that stand beside it.
   * @returns false when the record could not be read
   */
  add(record: Uint8Array, compare?: (record: Readonly<Record<string, unknown>>) => string | null): boolean {
    this.#records += 1;
    const parsed = this.#read(record);
    if (parsed === null) return false;
    const { stream, seq, prev_hash: prev } = parsed;
    const state = this.#state(stream, seq);
    this.#lastStream = stream;
    const leaf = hashText(leafHash(record));

    if (seq < state.next) {
      this.#tampered(stream, seq, `seq ${seq} comes again or too late`, `seq ${state.next}`, `seq ${seq}`);
      return true;
    }
    if (seq > state.next) {
      state.holes.push({ from: state.next, to: seq - 1 });
    } else if (seq > state.first || seq === 0) {
      this.#link(state, stream, seq, prev);
    }
    state.tree.append(Buffer.from(leaf.slice(7), 'hex'));
    state.next = seq + 1;
    state.leaf = leaf;
    if (this.#sizes.get(stream)?.has(seq + 1)) state.leafAt.set(seq + 1, leaf);
    const { from_seq: from, to_seq: to, of_stream: older } = parsed.value;
    if (parsed.value['kind'] === 'stream.gap' && typeof from === 'number' && typeof to === 'number') {
      this.#admit(typeof older === 'string' ? older : stream, { from, to });
    }
    const difference = compare?.(parsed.value) ?? null;
    if (difference !== null) this.#tampered(stream, seq, difference);
    return true;
  }

  /** A range of the input that holds no record at all, where one was expected. */
  unreadable(message: string): void {
    const state = this.#lastStream === null ? undefined : this.#streams.get(this.#lastStream);
    this.#problem({ result: 'tampered', stream: this.#lastStream, seq: state?.next ?? null, message });
  }

  /** The input as a whole cannot be verified. */
  refuse(message: string): void {
    this.#problem({ result: 'unreadable', stream: null, seq: null, message });
  }

  /** The result over everything that was added. */
  finish(): VerifyReport {
    for (const [stream, state] of this.#streams) this.#finishStream(stream, state);
    for (const head of this.#options.heads ?? []) this.#anchor(head);
    const anchored = this.#options.heads !== undefined && this.#options.heads.length > 0;
    if (this.#records === 0 && !anchored && this.#problems.length === 0) {
      this.refuse('there are no records');
    }
    const rank = (result: VerifyResult): number => SEVERITY.indexOf(result);
    const problems = this.#problems.toSorted((a, b) => rank(a.result) - rank(b.result));
    const result = problems[0]?.result ?? (anchored ? 'ok' : 'not_anchored');
    const streams = [...this.#streams].map(([stream, state]) => ({
      stream,
      first: state.first,
      size: state.next,
      head: state.leaf,
      root: state.first === 0 && state.holes.length === 0 ? hashText(state.tree.root()) : null,
    }));
    return { result, exit: VERIFY_EXIT[result], records: this.#records, streams, problems };
  }

  #read(record: Uint8Array) {
    let text: string;
    let value: Readonly<Record<string, unknown>>;
    try {
      text = utf8.decode(record);
      value = JSON.parse(text);
      if (typeof value !== 'object' || value === null) throw new TypeError('not an object');
    } catch {
      this.unreadable('a line is not a JSON object in UTF-8');
      return null;
    }
    const { schema, stream, seq, prev_hash } = value;
    if (schema !== 1 && typeof schema === 'number' && this.#lastStream === null) {
      this.refuse(`records of schema ${schema} need a newer version of this program`);
      return null;
    }
    if (
      schema !== 1 ||
      typeof stream !== 'string' ||
      !Number.isSafeInteger(seq) ||
      typeof prev_hash !== 'string'
    ) {
      this.unreadable('a line is no event record: schema, stream, seq or prev_hash is missing or wrong');
      return null;
    }
    const twice = duplicateKey(text);
    if (twice !== null)
      this.#tampered(stream, seq as number, `the key "${twice.slice(0, 64)}" stands twice in the record`);
    return { value, stream, seq: seq as number, prev_hash };
  }

  #admit(stream: string, hole: Hole): void {
    const known = this.#admitted.get(stream);
    if (known === undefined) this.#admitted.set(stream, [hole]);
    else known.push(hole);
  }

  #state(stream: string, seq: number): StreamState {
    let state = this.#streams.get(stream);
    if (state === undefined) {
      state = {
        first: seq,
        next: seq,
        leaf: '',
        tree: new Frontier(),
        holes: [],
        leafAt: new Map(),
        broken: null,
      };
      this.#streams.set(stream, state);
    }
    return state;
  }

  /** One broken link accuses the record before it; two in a row the one between, whose own link was changed. */
  #link(state: StreamState, stream: string, seq: number, prev: string): void {
    if (prev === state.leaf) {
      state.broken = null;
    } else if (state.broken !== null) {
      state.broken.seq = seq - 1;
      state.broken = null;
    } else {
      const message =
        seq === 0
          ? 'the first record links to another'
          : 'the record is not the one that was written: its hash is not what the next record says';
      state.broken = this.#tampered(stream, Math.max(0, seq - 1), message, prev, state.leaf);
    }
  }

  #finishStream(stream: string, state: StreamState): void {
    if (state.first > 0 && this.#options.allowPruned !== true) {
      const message = `the first ${state.first} records are missing; they may have been deleted by age or size`;
      this.#problem({ result: 'incomplete', stream, seq: 0, message });
    }
    for (const hole of state.holes) {
      const known = this.#admitted.get(stream) ?? [];
      const admitted = known.some((range) => range.from <= hole.from && range.to >= hole.to);
      const range =
        hole.from === hole.to ? `record ${hole.from} is` : `records ${hole.from} to ${hole.to} are`;
      if (admitted) {
        const message = `${range} missing, and the gateway recorded the loss`;
        this.#problem({ result: 'incomplete', stream, seq: hole.from, message });
      } else {
        this.#tampered(stream, hole.from, `${range} missing, and no record says why`);
      }
    }
  }

  #anchor(head: StreamHead): void {
    const state = this.#streams.get(head.stream);
    const size = state?.next ?? 0;
    if (size < head.size) {
      const message = `the outside head counts ${head.size} records, but the stream ends after ${size}`;
      this.#problem({ result: 'incomplete', stream: head.stream, seq: size, message });
      return;
    }
    const found = state?.leafAt.get(head.size);
    if (found !== undefined && found !== head.head) {
      const message = 'the record is not the one that the outside head names';
      this.#tampered(head.stream, head.size - 1, message, head.head, found);
    }
    const tail = size - head.size;
    if (tail > (this.#options.allowUnsealedTail ?? 0)) {
      const message = `${tail} records stand behind the outside head`;
      this.#problem({ result: 'incomplete', stream: head.stream, seq: head.size, message });
    }
  }

  #tampered(stream: string, seq: number, message: string, expected?: string, found?: string): VerifyProblem {
    return this.#problem({
      result: 'tampered',
      stream,
      seq,
      message,
      ...(expected !== undefined && { expected }),
      ...(found !== undefined && { found }),
    });
  }

  #problem(problem: VerifyProblem): VerifyProblem {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
    return problem;
  }
}

import type { FileCalls } from './append-file.ts';
import type { Log } from './log.ts';

export interface SpoolLimits {
  /** Bytes of all segments; 256 MiB by default. Requests that have begun may pass it with their ends. */
  maxBytes: number;
  /** Days that a segment is kept after its last event; 7 by default. */
  maxAgeDays: number;
  /** Bytes after which a new segment begins; 16 MiB by default, at most an eighth of `maxBytes`. */
  segmentBytes: number;
}

export type OnFull = 'block' | 'drop';

export interface SpoolOptions {
  /** Folder of this spool alone; made when missing. */
  dir: string;
  namespace: string;
  gateway: string;
  /** Id of this process. */
  instance: string;
  /** Milliseconds since 1970. */
  clock(): number;
  random(bytes: number): Uint8Array;
  limits?: Partial<SpoolLimits>;
  /** What a full spool does: refuse requests, or drop events and count them. */
  onFull: OnFull;
  /** True where a control plane takes the events: then only what it has may be deleted. */
  delivered?: boolean;
  logger: Log;
  /** Replaced by tests that fill a disk. */
  calls?: FileCalls;
}

export interface SpoolStats {
  stream: string;
  /** Events written to this stream so far. */
  nextSeq: number;
  /** Leaf hash of the last record, `sha256:…`. */
  head: string;
  bytes: number;
  segments: number;
  /** Next seq of this stream that the control plane expects. */
  acked: number;
  /** Begun requests without an end. */
  open: number;
  full: boolean;
  /** Events dropped by this process because the spool was full. */
  dropped: number;
}

const DEFAULTS: SpoolLimits = { maxBytes: 256 * 2 ** 20, maxAgeDays: 7, segmentBytes: 16 * 2 ** 20 };
/** A cap is shared by at least so many segments, so that the oldest can go without taking much along. */
const SEGMENTS_AT_CAP = 8;

/** The limits with their defaults. */
export function fillLimits(given: Partial<SpoolLimits> = {}): SpoolLimits {
  const limits = { ...DEFAULTS, ...given };
  return { ...limits, segmentBytes: Math.min(limits.segmentBytes, limits.maxBytes / SEGMENTS_AT_CAP) };
}

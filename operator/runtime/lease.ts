/** Who may act, among several processes. Kept where all of them can read and write it. */
export interface LeaseRecord {
  /** Identity of the holder; empty when it was given back. */
  holder: string;
  /** What the holder tells the others of itself. */
  note: string;
  /** Milliseconds after a renewal in which no other may take it. */
  durationMs: number;
  /** Milliseconds since the epoch by the holder's clock: for people, never for decisions. */
  acquiredAt: number;
  renewedAt: number;
  /** How often the holder has changed. */
  transitions: number;
}

export interface SeenLease {
  record: LeaseRecord;
  /** Moves with every write. */
  version: string;
}

/** Every method throws `LeaseRefused` where asking again cannot help, and another error where it may. */
export interface LeaseClient {
  /** Undefined when there is none. */
  read(signal: AbortSignal): Promise<SeenLease | undefined>;
  /** @throws LeaseConflict when another was first */
  create(record: LeaseRecord, signal: AbortSignal): Promise<SeenLease>;
  /** @throws LeaseConflict when it was written or removed since `version` */
  replace(record: LeaseRecord, version: string, signal: AbortSignal): Promise<SeenLease>;
}

/** Another process wrote the lease first. */
export class LeaseConflict extends Error {
  override readonly name = 'LeaseConflict';
}

/** The lease cannot be had: a right or the namespace is missing. The message says what to do. */
export class LeaseRefused extends Error {
  override readonly name = 'LeaseRefused';
}

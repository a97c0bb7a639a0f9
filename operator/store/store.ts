import type { EventFilter } from '../../gateway/contract/event-query.ts';
import type { InstanceReport } from '../domain/instance-reports.ts';
import type { AcceptedSpec } from '../domain/snapshot.ts';
import type { KeyStore } from './keys.ts';

/** How long the last report of an instance that fell silent is kept at least, in ms. */
export const REPORT_KEPT_MS = 3_600_000;

/**
 * What the control plane keeps, as named atomic operations that return promises; never a callback inside a
 * transaction. One contract test suite runs against every implementation.
 */
export interface Store extends KeyStore {
  /** All or nothing: the new suffix of the batch is stored and the stream's high-water mark moved, once. */
  appendEvents(batch: EventBatch): Promise<AppendResult>;
  /** Newest first, or oldest first for followers, from an opaque position. */
  listEvents(query: {
    filter: EventFilter;
    limit: number;
    position: number | null;
    order: 'newest' | 'oldest';
  }): Promise<EventPage>;
  countEvents(filter: EventFilter): Promise<number>;
  getEvent(id: string): Promise<StoredEvent | null>;
  /** Every stream with its size and head; with a namespace, those of its gateways. */
  listStreams(namespace?: string): Promise<StreamHead[]>;
  /**
   * The lines of one stream in order, for verification; with a namespace, only where the stream is of one of its
   * gateways. What stands beside a line does not decide: it is what is verified.
   */
  readStream(stream: string, fromSeq: number, limit: number, namespace?: string): Promise<StoredEvent[]>;

  /** Keeps a compiled revision by its hash; the same hash again only raises its number. */
  archiveRevision(revision: ArchivedRevision): Promise<void>;
  /** As a gateway ran it; with a namespace, as one of that namespace did. */
  getRevision(hash: string, namespace?: string): Promise<ArchivedRevision | null>;
  /** Namespaces whose gateways ran this revision: equal documents have one hash. */
  namespacesOfRevision(hash: string): Promise<string[]>;
  /** The newest revision of each gateway, without the documents: a thousand of them may be a gigabyte. */
  listConfigurations(): Promise<RevisionSummary[]>;

  /** Keeps the last accepted specifications of one namespace, in the place of those that were kept of it before. */
  keepAccepted(namespace: string, specs: readonly AcceptedSpec[]): Promise<void>;
  /** Those of every namespace. */
  listAccepted(): Promise<AcceptedSpec[]>;

  /** Keeps the newest report of an instance, for control planes that it does not speak to; an older one changes nothing. */
  putInstanceReport(report: InstanceReport): Promise<void>;
  /** Those reported after a time (ms since the epoch), in the order of `reportedAt`. */
  listInstanceReports(sinceMs: number): Promise<InstanceReport[]>;
  /** Drops those of a gateway that was removed. */
  forgetInstances(namespace: string, gateway: string): Promise<void>;

  /** Names this store among all: made with it, and the same for every control plane that shares it. */
  identity(): Promise<string>;
  close(): Promise<void>;
}

export interface EventBatch {
  stream: string;
  namespace: string;
  gateway: string;
  /** The only instance that the records may name; left out where the sender's token names none. */
  instance?: string;
  firstSeq: number;
  /**
   * First seq of what the gateway can never send, up to `firstSeq`. Where it is the next of the stream the batch goes
   * on behind the hole; see `kt-lost-from` in `gateway/contract/ingest.ts`.
   */
  lostFrom?: number;
  /** The very bytes that the gateway wrote, one record each, without the newline. */
  records: readonly Uint8Array[];
  /** Milliseconds since the epoch. */
  receivedAt: number;
}

export type AppendResult =
  /** Everything up to `acked` (a seq) is stored; a repeated batch answers the same. */
  | { result: 'stored'; acked: number; added: number }
  /** The batch begins after what is known. */
  | { result: 'gap'; expected: number }
  /** The stream has another record at this seq: two histories, nothing was overwritten. */
  | { result: 'fork'; seq: number }
  /** The stream is another gateway's, or a record names another gateway or instance: nothing was stored. */
  | { result: 'foreign'; seq: number; message: string }
  /** A record is not what its place says: nothing of the batch was stored. */
  | { result: 'refused'; seq: number; message: string };

export interface StoredEvent {
  /** Position in the store; cursors are made of it. */
  position: number;
  stream: string;
  seq: number;
  /** The record's bytes. */
  record: Uint8Array;
  /** The columns that lists filter on; verification compares them with the record. */
  columns: EventColumns;
}

/** Derived from the record at ingest. */
export interface EventColumns {
  id: string;
  /** `decision`, `refused`, …; records of kind `stream.…` are the spool's own and are never listed. */
  kind: string;
  /** Milliseconds since the epoch. */
  ts: number;
  namespace: string;
  gateway: string;
  verdict: string;
  policy: string | null;
  provider: string | null;
  model: string | null;
  team: string | null;
  request_id: string;
  status: number;
  cost_nanos: number | null;
}

export interface EventPage {
  events: StoredEvent[];
  /** Position to go on from, null at the end. Followers always get one. */
  next: number | null;
}

export interface StreamHead {
  stream: string;
  namespace: string;
  gateway: string;
  /** Number of records: the next seq. */
  size: number;
  /** Leaf hash of the last record, `sha256:…`; empty for an empty stream. */
  head: string;
}

export interface RevisionSummary {
  hash: string;
  number: number;
  namespace: string;
  gateway: string;
  /** The objects and generations that it came from. */
  objects: { kind: string; namespace: string; name: string; generation: number }[];
  /** Milliseconds since the epoch. */
  compiledAt: number;
}

export interface ArchivedRevision extends RevisionSummary {
  /** The document as the gateway got it. */
  document: string;
}

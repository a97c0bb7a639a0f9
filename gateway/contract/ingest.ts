/**
 * How a gateway hands its events to the control plane: `POST /v1/events`, `application/x-ndjson`, each line the exact
 * bytes of one record, all of one stream and in order, one batch at a time for a stream.
 *
 * | answer | means |
 * |---|---|
 * | 200 `{acked}` | every record up to seq `acked` is stored; a repeated batch gets the same answer |
 * | 409 `{error: {expected}}` | the batch does not begin at or before the next seq; go on from `expected` |
 * | 422 `{error: {code: "fork"}}` | the stream has another record at this place; nothing was stored |
 * | 422 `{error: {code: "record_refused", seq}}` | this record cannot be stored; nothing of the batch was |
 * | 403 `{error: {code: "foreign_record", seq}}` | the token is for another gateway or instance than the stream or this record; nothing of the batch was stored |
 * | 401, 403 | the token is not taken; the one that comes next may be, so try again: nothing is given up |
 * | 429, 503, other 5xx | try again, not before `Retry-After` |
 */
export const INGEST_TYPE = 'application/x-ndjson';

export const INGEST_HEADERS = {
  /** ULID of the spool. */
  stream: 'kt-stream',
  /** Seq of the first record. */
  firstSeq: 'kt-first-seq',
  /** Number of records, so that a cut body is noticed. */
  count: 'kt-count',
  /**
   * Seq of the first record that the gateway can never send: it became unreadable, or was refused. Where the control
   * plane expects just that seq it goes on at `kt-first-seq`, notes the range as lost, and takes the first record's
   * `prev_hash` as it is.
   */
  lostFrom: 'kt-lost-from',
} as const;

export const MAX_BATCH_RECORDS = 1000;
/** Bytes of the lines of one batch; the last record may pass it. */
export const MAX_BATCH_BYTES = 1_000_000;

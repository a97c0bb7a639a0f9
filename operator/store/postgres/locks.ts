/**
 * Keys of advisory locks. Their upper 16 bits are 0x6b75, so that other users of the database do not meet them by
 * chance. 0x6b74 with a position in the lower bits is for appends: see the first migration.
 */
const BASE = 0x6b75n << 48n;

/** Held while the tables are brought to a version. */
export const MIGRATE_LOCK = String(BASE | 1n);
/** Held while partitions are made. */
export const DAYS_LOCK = String(BASE | 2n);

/** First of two numbers; the second is a hash of the namespace whose accepted specifications are replaced. */
export const ACCEPTED_LOCKS = 0x6b75;

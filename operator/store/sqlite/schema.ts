/**
 * The tables. Record bytes are a BLOB, never JSON: what was hashed is what is kept. Indexes are in the order of lists, and
 * hold what counts look at.
 */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS streams (
  stream TEXT PRIMARY KEY, namespace TEXT NOT NULL, gateway TEXT NOT NULL,
  next_seq INTEGER NOT NULL, head TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS events (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  stream TEXT NOT NULL, seq INTEGER NOT NULL, received_at INTEGER NOT NULL,
  id TEXT NOT NULL, kind TEXT NOT NULL, ts INTEGER NOT NULL, namespace TEXT NOT NULL, gateway TEXT NOT NULL, verdict TEXT NOT NULL,
  policy TEXT, provider TEXT, model TEXT, team TEXT, request_id TEXT NOT NULL, status INTEGER NOT NULL, cost_nanos INTEGER,
  record BLOB NOT NULL,
  UNIQUE (stream, seq)
) STRICT;
CREATE INDEX IF NOT EXISTS events_id ON events (id);
CREATE INDEX IF NOT EXISTS events_ts ON events (ts, kind);
CREATE INDEX IF NOT EXISTS events_request ON events (request_id);
CREATE INDEX IF NOT EXISTS events_verdict ON events (verdict, position, ts, kind);
CREATE INDEX IF NOT EXISTS events_team ON events (team, position, ts, kind) WHERE team IS NOT NULL;
CREATE INDEX IF NOT EXISTS events_model ON events (model, position, ts, kind) WHERE model IS NOT NULL;
CREATE INDEX IF NOT EXISTS events_policy ON events (policy, position, ts, kind) WHERE policy IS NOT NULL;
CREATE TABLE IF NOT EXISTS revisions (
  hash TEXT NOT NULL, number INTEGER NOT NULL, namespace TEXT NOT NULL, gateway TEXT NOT NULL,
  document TEXT NOT NULL, objects TEXT NOT NULL, compiled_at INTEGER NOT NULL,
  PRIMARY KEY (hash, namespace, gateway)
) STRICT;
CREATE TABLE IF NOT EXISTS accepted (
  kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  uid TEXT NOT NULL, generation INTEGER NOT NULL, spec TEXT NOT NULL,
  PRIMARY KEY (namespace, kind, name)
) STRICT;
CREATE TABLE IF NOT EXISTS instance_reports (
  namespace TEXT NOT NULL, gateway TEXT NOT NULL, instance TEXT NOT NULL, reported_at INTEGER NOT NULL, report TEXT NOT NULL,
  PRIMARY KEY (namespace, gateway, instance)
) STRICT;
CREATE TABLE IF NOT EXISTS keys (
  id TEXT PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, namespace TEXT NOT NULL, namespace_uid TEXT, gateway TEXT,
  team TEXT, project TEXT, user_id TEXT, use_case TEXT, models TEXT, expires_at INTEGER, note TEXT,
  created_at INTEGER NOT NULL, created_by TEXT NOT NULL, revoked_at INTEGER, revoked_by TEXT,
  created_position INTEGER NOT NULL UNIQUE, position INTEGER NOT NULL UNIQUE
) STRICT;
CREATE INDEX IF NOT EXISTS keys_changes ON keys (namespace, position);
CREATE INDEX IF NOT EXISTS keys_created ON keys (namespace, created_position);
CREATE TABLE IF NOT EXISTS key_position (last INTEGER NOT NULL) STRICT;
INSERT INTO key_position SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM key_position);
CREATE INDEX IF NOT EXISTS revisions_gateway ON revisions (namespace, gateway);
`;

/** Raised with every change of the tables that an older control plane could not read. */
export const SCHEMA_VERSION = 4;

/** From the version before to each: run before `SCHEMA`, which makes what is missing. */
export const UPGRADES: Readonly<Record<number, string>> = {
  2: `
    DROP INDEX revisions_gateway;
    ALTER TABLE revisions RENAME TO revisions_1;
    CREATE TABLE revisions (
      hash TEXT NOT NULL, number INTEGER NOT NULL, namespace TEXT NOT NULL, gateway TEXT NOT NULL,
      document TEXT NOT NULL, objects TEXT NOT NULL, compiled_at INTEGER NOT NULL,
      PRIMARY KEY (hash, namespace, gateway)
    ) STRICT;
    INSERT INTO revisions SELECT * FROM revisions_1 ORDER BY number;
    DROP TABLE revisions_1;
  `,
  3: `
    DROP INDEX IF EXISTS events_ts;
    DROP INDEX IF EXISTS events_verdict;
    DROP INDEX IF EXISTS events_team;
  `,
  4: `
    CREATE TABLE IF NOT EXISTS keys (
      id TEXT PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, namespace TEXT NOT NULL, gateway TEXT,
      team TEXT, project TEXT, user_id TEXT, use_case TEXT, models TEXT, expires_at INTEGER, note TEXT,
      created_at INTEGER NOT NULL, created_by TEXT NOT NULL, revoked_at INTEGER, revoked_by TEXT,
      created_position INTEGER NOT NULL UNIQUE, position INTEGER NOT NULL UNIQUE
    ) STRICT;
    ALTER TABLE keys ADD COLUMN namespace_uid TEXT;
  `,
};

/** Two connections of older versions could lose commits (the WAL-reset race, mended in 3.51.3). */
export const OLDEST_SQLITE = [3, 51, 3] as const;

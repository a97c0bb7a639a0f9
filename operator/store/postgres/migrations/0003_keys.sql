-- Keys of callers. Only the hash of a value is kept; what is revoked stays, with who did it and when.
CREATE TABLE keeptrusts.keys (
  id text COLLATE "C" PRIMARY KEY,
  sha256 text COLLATE "C" NOT NULL UNIQUE,
  namespace text COLLATE "C" NOT NULL,
  gateway text COLLATE "C",
  team text COLLATE "C",
  project text COLLATE "C",
  user_id text COLLATE "C",
  use_case text COLLATE "C",
  models text,
  expires_at bigint,
  note text,
  created_at bigint NOT NULL,
  created_by text NOT NULL,
  revoked_at bigint,
  revoked_by text,
  created_position bigint NOT NULL UNIQUE,
  position bigint NOT NULL UNIQUE
);
CREATE INDEX keys_changes ON keeptrusts.keys (namespace, position);
CREATE INDEX keys_created ON keeptrusts.keys (namespace, created_position);

-- A row and no sequence: whoever takes a position holds the row until the commit, so that positions are committed in
-- their order and a reader passes none that comes later.
CREATE TABLE keeptrusts.key_position (last bigint NOT NULL);
INSERT INTO keeptrusts.key_position VALUES (0);

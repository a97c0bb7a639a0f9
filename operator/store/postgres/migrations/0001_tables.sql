-- Text is compared by its bytes, as the other store does it and as verification needs it.

CREATE TABLE keeptrusts.streams (
  stream text COLLATE "C" PRIMARY KEY,
  namespace text COLLATE "C" NOT NULL,
  gateway text COLLATE "C" NOT NULL,
  next_seq bigint NOT NULL,
  head text COLLATE "C" NOT NULL,
  -- Between them lie the days of its events; NULL before the first.
  first_day date,
  last_day date
);

-- Where an event stands in lists. Transactions that took theirs earlier may commit later: see the functions below.
CREATE SEQUENCE keeptrusts.positions MINVALUE 0 START 0;
SELECT nextval('keeptrusts.positions');

-- `record` is what the gateway wrote and what was hashed: bytes, never json. `day` is the day of `ts` (UTC), or the day
-- of receipt where `ts` cannot be believed. No index is unique: it would have to hold `day`. What makes an event stand
-- here once is the row of its stream, locked while it is added.
CREATE TABLE keeptrusts.events (
  day date NOT NULL,
  position bigint NOT NULL,
  seq bigint NOT NULL,
  ts bigint NOT NULL,
  received_at bigint NOT NULL,
  cost_nanos bigint,
  status integer NOT NULL,
  stream text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  gateway text COLLATE "C" NOT NULL,
  verdict text COLLATE "C" NOT NULL,
  policy text COLLATE "C",
  provider text COLLATE "C",
  model text COLLATE "C",
  team text COLLATE "C",
  request_id text COLLATE "C" NOT NULL,
  record bytea NOT NULL
) PARTITION BY RANGE (day);

CREATE INDEX events_position ON keeptrusts.events (position);
CREATE INDEX events_stream ON keeptrusts.events (stream, seq);
CREATE INDEX events_id ON keeptrusts.events (id);
CREATE INDEX events_request ON keeptrusts.events (request_id) WHERE request_id <> '';
CREATE INDEX events_ts ON keeptrusts.events (ts);
CREATE INDEX events_verdict ON keeptrusts.events (verdict, position) WHERE verdict <> 'allow';
CREATE INDEX events_gateway ON keeptrusts.events (namespace, gateway, position);
CREATE INDEX events_team ON keeptrusts.events (team, position) WHERE team IS NOT NULL;
CREATE INDEX events_policy ON keeptrusts.events (policy, position) WHERE policy IS NOT NULL;
CREATE INDEX events_model ON keeptrusts.events (model, position) WHERE model IS NOT NULL;

-- The days that have a partition, so that a statement can name the few it needs: one that may look everywhere locks and
-- plans every partition with all its indexes. Of a day that is over, the positions of its events lie within `first` and
-- `last` (both 0 where there are none, NULL while events may come unannounced). `misfiled`: some `ts` is of another day.
CREATE TABLE keeptrusts.days (
  day date PRIMARY KEY,
  first bigint,
  last bigint,
  misfiled boolean NOT NULL DEFAULT false
);

-- The server's clock, which all control planes share; tests put another in its place.
CREATE FUNCTION keeptrusts.clock() RETURNS timestamptz STABLE LANGUAGE sql RETURN now();

-- Readers that follow new events must not pass one that is being added. Whoever adds events first says, by a shared
-- advisory lock that ends with its transaction, above which position that happens. The key is 0x6b74 ('kt') and the
-- position in the lower 48 bits; it returns that position.
CREATE FUNCTION keeptrusts.announce_append() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  low bigint;
BEGIN
  SELECT last_value INTO low FROM keeptrusts.positions;
  PERFORM pg_advisory_xact_lock_shared((27508::bigint << 48) | low);
  RETURN low;
END
$$;

-- The last position up to which nothing will be added any more. The order of the two steps matters: whoever is not yet
-- seen in the second takes positions after what the first has read.
CREATE FUNCTION keeptrusts.settled_position() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  last bigint;
  low bigint;
BEGIN
  SELECT last_value INTO last FROM keeptrusts.positions;
  SELECT min(((classid::bigint & 65535) << 32) | objid::bigint) INTO low
    FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = 27508
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
  RETURN least(last, low);
END
$$;

-- `archived` orders what a gateway ran: content that comes back is the newest again.
CREATE SEQUENCE keeptrusts.archived;
CREATE TABLE keeptrusts.revisions (
  hash text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  gateway text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  document text NOT NULL,
  objects text NOT NULL,
  compiled_at bigint NOT NULL,
  archived bigint NOT NULL DEFAULT nextval('keeptrusts.archived'),
  PRIMARY KEY (hash, namespace, gateway)
);
CREATE INDEX revisions_newest ON keeptrusts.revisions (namespace, gateway, archived DESC);

CREATE TABLE keeptrusts.accepted (
  namespace text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  uid text NOT NULL,
  generation bigint NOT NULL,
  spec text NOT NULL,
  PRIMARY KEY (namespace, kind, name)
);

-- Said again every few seconds: not worth the write-ahead log. Empty after a crash of the server.
CREATE UNLOGGED TABLE keeptrusts.instance_reports (
  namespace text COLLATE "C" NOT NULL,
  gateway text COLLATE "C" NOT NULL,
  instance text COLLATE "C" NOT NULL,
  reported_at bigint NOT NULL,
  report text NOT NULL,
  PRIMARY KEY (namespace, gateway, instance)
) WITH (fillfactor = 50);

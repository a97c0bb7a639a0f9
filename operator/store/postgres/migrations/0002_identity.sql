-- By it control planes see that they share this database.
CREATE TABLE keeptrusts.identity (id uuid NOT NULL);
INSERT INTO keeptrusts.identity VALUES (gen_random_uuid());

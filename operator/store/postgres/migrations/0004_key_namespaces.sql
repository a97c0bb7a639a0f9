-- The namespace that a key was made for, by its uid: a later one of the same name does not have it. Null without a cluster.
ALTER TABLE keeptrusts.keys ADD COLUMN namespace_uid text COLLATE "C";

-- The tables that PostgreSQL has, too: with names that stand beside those of the journal, and with
-- the shard, which in a file is always 0. An endpoint has a cursor in the journal of each shard.
ALTER TABLE endpoints RENAME TO webhook_endpoints;
ALTER TABLE secrets RENAME TO webhook_secrets;
ALTER TABLE changes RENAME TO webhook_changes;
ALTER TABLE deliveries RENAME TO webhook_deliveries;
ALTER TABLE attempts RENAME TO webhook_attempts;
ALTER TABLE removed RENAME TO webhook_removed;
ALTER TABLE answers RENAME TO webhook_answers;

CREATE TABLE webhook_cursors (
    endpoint INTEGER NOT NULL,
    shard    INTEGER NOT NULL,
    position INTEGER NOT NULL,         -- of the journal, up to which deliveries are made
    PRIMARY KEY (endpoint, shard)
) WITHOUT ROWID;
INSERT INTO webhook_cursors (endpoint, shard, position)
    SELECT id, 0, cursor FROM webhook_endpoints;
ALTER TABLE webhook_endpoints DROP COLUMN cursor;

ALTER TABLE webhook_deliveries ADD COLUMN shard INTEGER NOT NULL DEFAULT 0;

CREATE TABLE webhook_sequences (
    shard    INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    subject  TEXT NOT NULL,
    last     INTEGER NOT NULL,
    PRIMARY KEY (shard, endpoint, subject)
) WITHOUT ROWID;
INSERT INTO webhook_sequences (shard, endpoint, subject, last)
    SELECT 0, endpoint, subject, last FROM sequences;
DROP TABLE sequences;

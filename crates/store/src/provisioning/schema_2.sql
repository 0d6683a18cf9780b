-- The tables that PostgreSQL has, too: with names that stand beside those of the journal, and with
-- the shard, which in a file is always 0.
DROP TRIGGER commands_added;
DROP TRIGGER commands_changed;
DROP TRIGGER commands_gone;
ALTER TABLE commands RENAME TO provisioning_commands;
ALTER TABLE attempts RENAME TO provisioning_attempts;
ALTER TABLE answers RENAME TO provisioning_answers;
ALTER TABLE provisioning_commands ADD COLUMN shard INTEGER NOT NULL DEFAULT 0;
ALTER TABLE provisioning_attempts ADD COLUMN shard INTEGER NOT NULL DEFAULT 0;

CREATE TABLE provisioning_cursors (
    shard    INTEGER PRIMARY KEY,
    position INTEGER NOT NULL          -- of the journal, up to which commands were made
);
INSERT INTO provisioning_cursors (shard, position) SELECT 0, position FROM cursor;
DROP TABLE cursor;

CREATE TABLE provisioning_adapters (
    shard           INTEGER NOT NULL,
    name            TEXT NOT NULL,
    last_error      TEXT,
    last_error_at   INTEGER,
    failing_since   INTEGER,           -- the first failure after the last success
    last_success_at INTEGER,
    PRIMARY KEY (shard, name)
) WITHOUT ROWID;
INSERT INTO provisioning_adapters
    SELECT 0, name, last_error, last_error_at, failing_since, last_success_at FROM adapters;
DROP TABLE adapters;

-- How many commands are in which state, so that nobody has to count them.
CREATE TABLE provisioning_tallies (
    shard   INTEGER NOT NULL,
    adapter TEXT NOT NULL,
    state   TEXT NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (shard, adapter, state)
) WITHOUT ROWID;
INSERT INTO provisioning_tallies SELECT 0, adapter, state, count FROM tallies;
DROP TABLE tallies;

CREATE TRIGGER provisioning_added AFTER INSERT ON provisioning_commands BEGIN
    INSERT INTO provisioning_tallies VALUES (NEW.shard, NEW.adapter, NEW.state, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER provisioning_changed AFTER UPDATE OF state ON provisioning_commands
WHEN OLD.state <> NEW.state BEGIN
    UPDATE provisioning_tallies SET count = count - 1
        WHERE shard = OLD.shard AND adapter = OLD.adapter AND state = OLD.state;
    INSERT INTO provisioning_tallies VALUES (NEW.shard, NEW.adapter, NEW.state, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER provisioning_gone AFTER DELETE ON provisioning_commands BEGIN
    UPDATE provisioning_tallies SET count = count - 1
        WHERE shard = OLD.shard AND adapter = OLD.adapter AND state = OLD.state;
END;

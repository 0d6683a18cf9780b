-- Provisioning commands on their way into the network. What a subscription is to be stands in the
-- journal; this file says how far the network was told. Moments are microseconds since
-- 1970-01-01T00:00:00Z.
CREATE TABLE cursor (
    position INTEGER NOT NULL          -- of the journal, up to which commands were made
);
INSERT INTO cursor VALUES (0);

-- Within a subscription the newest command of an adapter alone has `next_at`, and only while none
-- is `sending` there.
CREATE TABLE commands (
    position     INTEGER PRIMARY KEY,  -- of the entry that decided it
    at           INTEGER NOT NULL,
    account      INTEGER NOT NULL,
    subscription INTEGER NOT NULL,     -- serial number on the account
    adapter      TEXT NOT NULL,        -- empty for none
    "on"         INTEGER NOT NULL,     -- desired state
    payload      TEXT NOT NULL,        -- what is sent, as JSON
    state        TEXT NOT NULL,        -- queued, sending, accepted, acknowledged, overtaken
    sent         INTEGER NOT NULL,     -- how often
    failures     INTEGER NOT NULL,     -- since it was made or somebody had it sent again
    next_at      INTEGER,
    newer        INTEGER,              -- the next command of the subscription there
    finished_at  INTEGER,
    last_error   TEXT
);
CREATE INDEX commands_by_subscription ON commands (account, subscription, position);
CREATE INDEX commands_by_adapter ON commands (adapter, position);
CREATE INDEX commands_by_state ON commands (state, position);
CREATE INDEX commands_due ON commands (adapter, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX commands_sending ON commands (account, subscription) WHERE state = 'sending';
CREATE INDEX commands_waiting ON commands (adapter, position) WHERE finished_at IS NULL;
CREATE INDEX commands_done_with ON commands (finished_at)
    WHERE finished_at IS NOT NULL AND newer IS NOT NULL;

-- Of a command with very many the first is kept, and the newest ones.
CREATE TABLE attempts (
    command INTEGER NOT NULL,
    number  INTEGER NOT NULL,          -- counts from 1
    at      INTEGER NOT NULL,
    event   TEXT NOT NULL,
    code    INTEGER,                   -- status over HTTP, or the program's exit code
    error   TEXT,
    ms      INTEGER NOT NULL,
    answer  TEXT,                      -- how the answer or output begins
    actor   TEXT,
    sending INTEGER NOT NULL,          -- how often the command had been sent by then
    PRIMARY KEY (command, number)
) WITHOUT ROWID;

CREATE TABLE adapters (
    name            TEXT PRIMARY KEY,
    last_error      TEXT,
    last_error_at   INTEGER,
    failing_since   INTEGER,           -- the first failure after the last success
    last_success_at INTEGER
) WITHOUT ROWID;

-- How many commands are in which state, so that nobody has to count them.
CREATE TABLE tallies (
    adapter TEXT NOT NULL,
    state   TEXT NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (adapter, state)
) WITHOUT ROWID;

CREATE TRIGGER commands_added AFTER INSERT ON commands BEGIN
    INSERT INTO tallies VALUES (NEW.adapter, NEW.state, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER commands_changed AFTER UPDATE OF state ON commands WHEN OLD.state <> NEW.state BEGIN
    UPDATE tallies SET count = count - 1 WHERE adapter = OLD.adapter AND state = OLD.state;
    INSERT INTO tallies VALUES (NEW.adapter, NEW.state, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER commands_gone AFTER DELETE ON commands BEGIN
    UPDATE tallies SET count = count - 1 WHERE adapter = OLD.adapter AND state = OLD.state;
END;

-- First answers under an Idempotency-Key, as they went out.
CREATE TABLE answers (
    key         BLOB PRIMARY KEY,
    fingerprint INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    status      INTEGER NOT NULL,
    body        TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX answers_by_time ON answers (at);

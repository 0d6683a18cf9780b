-- Deliveries of events to the provider's own endpoints. Nothing here is the truth about money:
-- what happened stands in the journal, and this file says how far it was told to whom. Moments
-- are microseconds since 1970-01-01T00:00:00Z.
CREATE TABLE endpoints (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    url             TEXT NOT NULL,
    events          TEXT,              -- types as a JSON array; NULL is all
    description     TEXT,
    cursor          INTEGER NOT NULL,  -- the journal's position up to which deliveries are made
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    disabled_at     INTEGER,           -- NULL is enabled
    disabled_reason TEXT,
    failing_since   INTEGER,           -- the first failure after the last success
    last_success_at INTEGER
);

-- The newest secret of an endpoint has no end; older ones sign beside it until theirs.
CREATE TABLE secrets (
    id       INTEGER PRIMARY KEY,
    endpoint INTEGER NOT NULL,
    shared   BLOB NOT NULL,            -- the key of v1, HMAC-SHA256
    seed     BLOB NOT NULL,            -- the private key of v1a, Ed25519
    made_at  INTEGER NOT NULL,
    until    INTEGER
);
CREATE INDEX secrets_by_endpoint ON secrets (endpoint);

-- Who changed endpoints: the journal has no fact for it.
CREATE TABLE changes (
    id       INTEGER PRIMARY KEY,
    endpoint INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    action   TEXT NOT NULL,
    actor    TEXT NOT NULL,
    channel  TEXT NOT NULL,
    reason   TEXT,
    detail   TEXT
);
CREATE INDEX changes_by_endpoint ON changes (endpoint, id);

-- Within an endpoint and a subject, the oldest pending delivery alone has `next_at`: the others
-- wait behind it.
CREATE TABLE deliveries (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint    INTEGER NOT NULL,
    event       TEXT NOT NULL,         -- the header webhook-id
    type        TEXT NOT NULL,
    position    INTEGER,               -- of the entry that it tells; NULL where none does
    subject     TEXT NOT NULL,         -- whom it is about: an account, else a customer
    sequence    INTEGER NOT NULL,      -- counts from 1 within endpoint and subject
    at          INTEGER NOT NULL,      -- when it happened
    payload     TEXT NOT NULL,         -- the `data` of the body, as JSON
    state       TEXT NOT NULL,         -- pending, delivered, failed, skipped
    tries       INTEGER NOT NULL,      -- attempts of this round of the schedule
    next_at     INTEGER,
    created_at  INTEGER NOT NULL,
    finished_at INTEGER
);
CREATE INDEX deliveries_pending ON deliveries (endpoint, subject, id) WHERE state = 'pending';
CREATE INDEX deliveries_due ON deliveries (endpoint, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX deliveries_heads ON deliveries (endpoint, subject, id) WHERE next_at IS NOT NULL;
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint, id);
CREATE INDEX deliveries_by_state ON deliveries (endpoint, state, id);
CREATE INDEX deliveries_by_position ON deliveries (endpoint, position);
CREATE INDEX deliveries_finished ON deliveries (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE attempts (
    delivery INTEGER NOT NULL,
    number   INTEGER NOT NULL,         -- counts from 1, over all rounds
    at       INTEGER NOT NULL,
    status   INTEGER,
    error    TEXT,
    ms       INTEGER NOT NULL,
    response TEXT,                     -- how the answer begins
    PRIMARY KEY (delivery, number)
) WITHOUT ROWID;

CREATE TABLE sequences (
    endpoint INTEGER NOT NULL,
    subject  TEXT NOT NULL,
    last     INTEGER NOT NULL,
    PRIMARY KEY (endpoint, subject)
) WITHOUT ROWID;

-- Endpoints that were deleted and whose deliveries are still to be taken away.
CREATE TABLE removed (
    endpoint INTEGER PRIMARY KEY
);

-- First answers under an Idempotency-Key, as they went out.
CREATE TABLE answers (
    key         BLOB PRIMARY KEY,
    fingerprint INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    status      INTEGER NOT NULL,
    body        TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX answers_by_time ON answers (at);

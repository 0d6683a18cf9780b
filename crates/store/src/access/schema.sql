-- Who may come in: staff, customers' passwords, browser sessions, one-time codes, and who tried.
-- Nothing here is about money. Moments are microseconds since 1970-01-01T00:00:00Z. Passwords are
-- PHC strings (argon2id), tokens and codes are digests; a code that still holds can be guessed
-- from its digest by whoever reads this file.

-- One row: what forms and codes are authenticated with. It never leaves this file.
CREATE TABLE secret (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    value BLOB NOT NULL
);

CREATE TABLE users (
    name         TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    role         TEXT NOT NULL,
    password     TEXT NOT NULL,
    language     TEXT,
    created_at   INTEGER NOT NULL,
    password_at  INTEGER NOT NULL,
    disabled_at  INTEGER               -- NULL may sign in
) WITHOUT ROWID;

-- Customers who have a password, or whose language is remembered.
CREATE TABLE customers (
    customer    INTEGER PRIMARY KEY,
    password    TEXT,
    password_at INTEGER,
    language    TEXT
);

-- `until` moves on with each visit, at most to `ends_at`.
CREATE TABLE sessions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    digest     BLOB NOT NULL,          -- SHA-256 of the cookie's token
    user       TEXT,                   -- one of the two
    customer   INTEGER,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    until      INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    agent      TEXT,
    address    TEXT,
    CHECK ((user IS NULL) <> (customer IS NULL))
);
CREATE UNIQUE INDEX sessions_by_digest ON sessions (digest);
CREATE INDEX sessions_by_user ON sessions (user, id) WHERE user IS NOT NULL;
CREATE INDEX sessions_by_customer ON sessions (customer, id) WHERE customer IS NOT NULL;
CREATE INDEX sessions_by_end ON sessions (until);

-- The newest code of a customer; one that was made before it opens nothing any more.
CREATE TABLE codes (
    customer   INTEGER PRIMARY KEY,
    digest     BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    tries_left INTEGER NOT NULL
);
CREATE INDEX codes_by_end ON codes (expires_at);

-- What is slowed down: the digest of a name or an address, and since when it may try again.
CREATE TABLE attempts (
    key        BLOB PRIMARY KEY,
    count      INTEGER NOT NULL,       -- since the last success, or since it was forgotten
    free_at    INTEGER NOT NULL,
    forget_at  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX attempts_by_end ON attempts (forget_at);

-- Who came, who tried, and what was changed about it.
CREATE TABLE sign_ins (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    event    TEXT NOT NULL,
    user     TEXT,
    customer INTEGER,
    means    TEXT,                     -- password, code
    by       TEXT,                     -- who did it, where it was somebody else
    address  TEXT,
    agent    TEXT
);
CREATE INDEX sign_ins_by_time ON sign_ins (at);
CREATE INDEX sign_ins_by_user ON sign_ins (user, id) WHERE user IS NOT NULL;
CREATE INDEX sign_ins_by_customer ON sign_ins (customer, id) WHERE customer IS NOT NULL;
CREATE INDEX sign_ins_by_event ON sign_ins (event, id);

-- Users come in by OpenID Connect as well, and then need no password.
CREATE TABLE users_2 (
    name         TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    role         TEXT NOT NULL,
    password     TEXT,                 -- NULL comes in by OpenID Connect alone
    language     TEXT,
    created_at   INTEGER NOT NULL,
    password_at  INTEGER,
    disabled_at  INTEGER,              -- NULL may sign in
    openid       TEXT,                 -- what the issuer calls them, where that is not their name
    issuer       TEXT,                 -- whose subject they are, since they first came in by it
    subject      TEXT,
    CHECK ((password IS NULL) = (password_at IS NULL)),
    CHECK ((issuer IS NULL) = (subject IS NULL))
) WITHOUT ROWID;
INSERT INTO users_2 (name, display_name, role, password, language, created_at, password_at,
                     disabled_at)
    SELECT name, display_name, role, password, language, created_at, password_at, disabled_at
    FROM users;
DROP TABLE users;
ALTER TABLE users_2 RENAME TO users;
CREATE UNIQUE INDEX users_by_openid ON users (openid) WHERE openid IS NOT NULL;
CREATE UNIQUE INDEX users_by_subject ON users (issuer, subject) WHERE subject IS NOT NULL;

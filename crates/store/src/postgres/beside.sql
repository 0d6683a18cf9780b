-- What is kept beside the journal: who may come in, deliveries of webhooks, provisioning commands.
-- What the columns mean is said in the schemas for SQLite: `../access`, `../webhooks`,
-- `../provisioning`.

-- Rows that a transaction locks, and never changes, to have what they stand for alone: one for
-- each shard, and of access, which is one for all shards, numbers that people are spread over.
CREATE TABLE beside_locks (
    place TEXT COLLATE "C" NOT NULL,
    slot  BIGINT NOT NULL,
    PRIMARY KEY (place, slot)
);
INSERT INTO beside_locks (place, slot) SELECT 'access', slot FROM generate_series(0, 257) slot;

CREATE TABLE access_secret (
    id    BIGINT PRIMARY KEY CHECK (id = 1),
    value BYTEA NOT NULL
);

CREATE TABLE access_users (
    name         TEXT COLLATE "C" PRIMARY KEY,
    display_name TEXT NOT NULL,
    role         TEXT NOT NULL,
    password     TEXT,
    language     TEXT,
    created_at   BIGINT NOT NULL,
    password_at  BIGINT,
    disabled_at  BIGINT,
    openid       TEXT COLLATE "C",
    issuer       TEXT COLLATE "C",
    subject      TEXT COLLATE "C",
    CHECK ((password IS NULL) = (password_at IS NULL)),
    CHECK ((issuer IS NULL) = (subject IS NULL))
);
CREATE UNIQUE INDEX access_users_by_openid ON access_users (openid) WHERE openid IS NOT NULL;
CREATE UNIQUE INDEX access_users_by_subject ON access_users (issuer, subject)
    WHERE subject IS NOT NULL;

CREATE TABLE access_customers (
    customer    BIGINT PRIMARY KEY,
    password    TEXT,
    password_at BIGINT,
    language    TEXT
);

CREATE TABLE access_sessions (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest     BYTEA NOT NULL UNIQUE,
    "user"     TEXT COLLATE "C",
    customer   BIGINT,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    until      BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL,
    agent      TEXT,
    address    TEXT,
    CHECK (("user" IS NULL) <> (customer IS NULL))
);
CREATE INDEX access_sessions_by_user ON access_sessions ("user", id) WHERE "user" IS NOT NULL;
CREATE INDEX access_sessions_by_customer ON access_sessions (customer, id)
    WHERE customer IS NOT NULL;
CREATE INDEX access_sessions_by_end ON access_sessions (until);

CREATE TABLE access_codes (
    customer   BIGINT PRIMARY KEY,
    digest     BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    tries_left BIGINT NOT NULL
);
CREATE INDEX access_codes_by_end ON access_codes (expires_at);

CREATE TABLE access_attempts (
    key       BYTEA PRIMARY KEY,
    count     BIGINT NOT NULL,
    free_at   BIGINT NOT NULL,
    forget_at BIGINT NOT NULL
);
CREATE INDEX access_attempts_by_end ON access_attempts (forget_at);

CREATE TABLE access_sign_ins (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       BIGINT NOT NULL,
    event    TEXT COLLATE "C" NOT NULL,
    "user"   TEXT COLLATE "C",
    customer BIGINT,
    means    TEXT,
    by       TEXT,
    address  TEXT,
    agent    TEXT
);
CREATE INDEX access_sign_ins_by_time ON access_sign_ins (at);
CREATE INDEX access_sign_ins_by_user ON access_sign_ins ("user", id) WHERE "user" IS NOT NULL;
CREATE INDEX access_sign_ins_by_customer ON access_sign_ins (customer, id)
    WHERE customer IS NOT NULL;
CREATE INDEX access_sign_ins_by_event ON access_sign_ins (event, id);

-- Endpoints are those of every shard; what is to be delivered of a shard's journal is the shard's.
CREATE TABLE webhook_endpoints (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url             TEXT NOT NULL,
    events          TEXT,
    description     TEXT,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    disabled_at     BIGINT,
    disabled_reason TEXT,
    failing_since   BIGINT,
    last_success_at BIGINT
);

CREATE TABLE webhook_cursors (
    endpoint BIGINT NOT NULL,
    shard    BIGINT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (endpoint, shard)
);

CREATE TABLE webhook_secrets (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint BIGINT NOT NULL,
    shared   BYTEA NOT NULL,
    seed     BYTEA NOT NULL,
    made_at  BIGINT NOT NULL,
    until    BIGINT
);
CREATE INDEX webhook_secrets_by_endpoint ON webhook_secrets (endpoint);

CREATE TABLE webhook_changes (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    action   TEXT NOT NULL,
    actor    TEXT NOT NULL,
    channel  TEXT NOT NULL,
    reason   TEXT,
    detail   TEXT
);
CREATE INDEX webhook_changes_by_endpoint ON webhook_changes (endpoint, id);

CREATE TABLE webhook_deliveries (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shard       BIGINT NOT NULL,
    endpoint    BIGINT NOT NULL,
    event       TEXT NOT NULL,
    type        TEXT NOT NULL,
    position    BIGINT,
    subject     TEXT COLLATE "C" NOT NULL,
    sequence    BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    payload     TEXT NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    tries       BIGINT NOT NULL,
    next_at     BIGINT,
    created_at  BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (shard, endpoint, subject, id)
    WHERE state = 'pending';
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (shard, endpoint, next_at)
    WHERE next_at IS NOT NULL;
CREATE INDEX webhook_deliveries_heads ON webhook_deliveries (shard, endpoint, subject, id)
    WHERE next_at IS NOT NULL;
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint, id);
CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries (endpoint, state, id);
CREATE INDEX webhook_deliveries_by_position ON webhook_deliveries (shard, endpoint, position);
CREATE INDEX webhook_deliveries_finished ON webhook_deliveries (shard, finished_at)
    WHERE finished_at IS NOT NULL;

CREATE TABLE webhook_attempts (
    delivery BIGINT NOT NULL,
    number   BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    status   BIGINT,
    error    TEXT,
    ms       BIGINT NOT NULL,
    response TEXT,
    PRIMARY KEY (delivery, number)
);

CREATE TABLE webhook_sequences (
    shard    BIGINT NOT NULL,
    endpoint BIGINT NOT NULL,
    subject  TEXT COLLATE "C" NOT NULL,
    last     BIGINT NOT NULL,
    PRIMARY KEY (shard, endpoint, subject)
);

CREATE TABLE webhook_removed (
    endpoint BIGINT PRIMARY KEY
);

CREATE TABLE webhook_answers (
    key         BYTEA PRIMARY KEY,
    fingerprint BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    status      BIGINT NOT NULL,
    body        TEXT NOT NULL
);
CREATE INDEX webhook_answers_by_time ON webhook_answers (at);

CREATE TABLE provisioning_cursors (
    shard    BIGINT PRIMARY KEY,
    position BIGINT NOT NULL
);

CREATE TABLE provisioning_commands (
    shard        BIGINT NOT NULL,
    position     BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    account      BIGINT NOT NULL,
    subscription BIGINT NOT NULL,
    adapter      TEXT COLLATE "C" NOT NULL,
    "on"         BIGINT NOT NULL,
    payload      TEXT NOT NULL,
    state        TEXT COLLATE "C" NOT NULL,
    sent         BIGINT NOT NULL,
    failures     BIGINT NOT NULL,
    next_at      BIGINT,
    newer        BIGINT,
    finished_at  BIGINT,
    last_error   TEXT,
    PRIMARY KEY (shard, position)
);
CREATE INDEX provisioning_commands_by_subscription
    ON provisioning_commands (shard, account, subscription, position);
CREATE INDEX provisioning_commands_by_adapter ON provisioning_commands (shard, adapter, position);
CREATE INDEX provisioning_commands_by_state ON provisioning_commands (shard, state, position);
CREATE INDEX provisioning_commands_due ON provisioning_commands (shard, adapter, next_at)
    WHERE next_at IS NOT NULL;
CREATE INDEX provisioning_commands_sending ON provisioning_commands (shard, account, subscription)
    WHERE state = 'sending';
CREATE INDEX provisioning_commands_waiting ON provisioning_commands (shard, adapter, position)
    WHERE finished_at IS NULL;
CREATE INDEX provisioning_commands_done_with ON provisioning_commands (shard, finished_at)
    WHERE finished_at IS NOT NULL AND newer IS NOT NULL;

CREATE TABLE provisioning_attempts (
    shard   BIGINT NOT NULL,
    command BIGINT NOT NULL,
    number  BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    event   TEXT NOT NULL,
    code    BIGINT,
    error   TEXT,
    ms      BIGINT NOT NULL,
    answer  TEXT,
    actor   TEXT,
    sending BIGINT NOT NULL,
    PRIMARY KEY (shard, command, number)
);

CREATE TABLE provisioning_adapters (
    shard           BIGINT NOT NULL,
    name            TEXT COLLATE "C" NOT NULL,
    last_error      TEXT,
    last_error_at   BIGINT,
    failing_since   BIGINT,
    last_success_at BIGINT,
    PRIMARY KEY (shard, name)
);

CREATE TABLE provisioning_tallies (
    shard   BIGINT NOT NULL,
    adapter TEXT COLLATE "C" NOT NULL,
    state   TEXT COLLATE "C" NOT NULL,
    count   BIGINT NOT NULL,
    PRIMARY KEY (shard, adapter, state)
);

CREATE FUNCTION provisioning_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = NEW.state THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        UPDATE provisioning_tallies SET count = count - 1
            WHERE shard = OLD.shard AND adapter = OLD.adapter AND state = OLD.state;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO provisioning_tallies AS tallies VALUES (NEW.shard, NEW.adapter, NEW.state, 1)
            ON CONFLICT (shard, adapter, state) DO UPDATE SET count = tallies.count + 1;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER provisioning_tally AFTER INSERT OR UPDATE OF state OR DELETE
    ON provisioning_commands FOR EACH ROW EXECUTE FUNCTION provisioning_tally();

CREATE TABLE provisioning_answers (
    key         BYTEA PRIMARY KEY,
    fingerprint BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    status      BIGINT NOT NULL,
    body        TEXT NOT NULL
);
CREATE INDEX provisioning_answers_by_time ON provisioning_answers (at);

-- The tables of SQLite's schema, with the shard before every key: several shards share a database.
-- What the columns mean is said there. Every integer is a BIGINT, so that a row is read and
-- summed the same on both engines; texts that are compared or sorted are so by their bytes.

-- Who writes each shard: a store that takes a shard over counts `generation` on, and whoever has
-- an older one writes nothing any more. `owner` is a number that the store drew, by which it takes
-- up what is its own after a lost connection. `backend` and `started` name its connection, so that
-- a stopped process does not keep the next one waiting.
CREATE TABLE shards (
    shard      BIGINT PRIMARY KEY,
    generation BIGINT NOT NULL,
    owner      BIGINT,
    backend    INTEGER,
    started    TIMESTAMPTZ
);

CREATE TABLE journal (
    position    BIGINT NOT NULL,
    shard       BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    customer    BIGINT,
    account     BIGINT,
    prev        BIGINT,
    kind        TEXT NOT NULL,
    amount      BIGINT,
    currency    TEXT,
    exponent    BIGINT,
    balance     BIGINT,
    held        BIGINT,
    credit      BIGINT,
    contra      TEXT,
    actor       TEXT NOT NULL,
    channel     TEXT NOT NULL,
    reason      TEXT,
    reservation BIGINT,
    request     BIGINT,
    granted     BIGINT,
    until       BIGINT,
    detail      TEXT,
    subscription BIGINT,
    version     BIGINT,
    since       BIGINT,
    PRIMARY KEY (shard, position)
);

CREATE INDEX journal_switched ON journal (shard, position) WHERE kind = 'switched';

CREATE TABLE commits (
    shard    BIGINT NOT NULL,
    first    BIGINT NOT NULL,
    entries  BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    checksum BIGINT NOT NULL,
    PRIMARY KEY (shard, first)
);

CREATE TABLE account_pages (
    shard    BIGINT NOT NULL,
    page     BIGINT NOT NULL,
    position BIGINT NOT NULL,
    accounts BYTEA NOT NULL,
    PRIMARY KEY (shard, page)
);

CREATE TABLE checkpoint (
    shard       BIGINT PRIMARY KEY,
    position    BIGINT NOT NULL,
    replay_from BIGINT NOT NULL,
    shared      BYTEA NOT NULL
);

-- `words` is what a customer is found by: the words of name and e-mail in small letters without
-- their marks, and every ending of the telephone number.
CREATE TABLE customers (
    shard      BIGINT NOT NULL,
    id         BIGINT NOT NULL,
    name       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    phone      TEXT,
    email      TEXT,
    "group"    TEXT,
    language   TEXT,
    country    TEXT,
    since      BIGINT,
    time_zone  TEXT,
    external_id TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    words      TSVECTOR NOT NULL,
    PRIMARY KEY (shard, id)
);
CREATE INDEX customers_by_external_id ON customers (shard, external_id)
    WHERE external_id IS NOT NULL;
-- What waits to be sorted in is kept short: whoever writes when it is long has to do it.
CREATE INDEX customers_by_words ON customers USING gin (words) WITH (gin_pending_list_limit = 256);

CREATE TABLE accounts (
    shard     BIGINT NOT NULL,
    id        BIGINT NOT NULL,
    customer  BIGINT NOT NULL,
    number    TEXT COLLATE "C" NOT NULL,
    name      TEXT NOT NULL,
    currency  TEXT NOT NULL,
    exponent  BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT,
    PRIMARY KEY (shard, id),
    UNIQUE (shard, number)
);
CREATE INDEX accounts_by_customer ON accounts (shard, customer);

CREATE TABLE payments (
    shard        BIGINT NOT NULL,
    position     BIGINT NOT NULL,
    account      BIGINT NOT NULL,
    source       TEXT NOT NULL,
    reference    TEXT NOT NULL,
    amount       BIGINT NOT NULL,
    cancelled_by BIGINT,
    PRIMARY KEY (shard, position)
);

CREATE TABLE unallocated_payments (
    shard      BIGINT NOT NULL,
    position   BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    source     TEXT NOT NULL,
    settled_by BIGINT,
    PRIMARY KEY (shard, position)
);
CREATE INDEX unallocated_payments_open ON unallocated_payments (shard, position)
    WHERE settled_by IS NULL;

CREATE TABLE refund_requests (
    shard      BIGINT NOT NULL,
    position   BIGINT NOT NULL,
    account    BIGINT NOT NULL,
    serial     BIGINT NOT NULL,
    settled_by BIGINT,
    PRIMARY KEY (shard, position),
    UNIQUE (shard, account, serial)
);
CREATE INDEX refund_requests_open ON refund_requests (shard, position) WHERE settled_by IS NULL;

CREATE TABLE promises (
    shard    BIGINT NOT NULL,
    position BIGINT NOT NULL,
    account  BIGINT NOT NULL,
    credit   BIGINT NOT NULL,
    ended_by BIGINT,
    PRIMARY KEY (shard, position),
    UNIQUE (shard, account, credit)
);
CREATE INDEX promises_open ON promises (shard, position) WHERE ended_by IS NULL;

CREATE TABLE promise_policies (
    shard    BIGINT NOT NULL,
    position BIGINT NOT NULL,
    "group"  TEXT,
    currency TEXT NOT NULL,
    version  BIGINT NOT NULL,
    PRIMARY KEY (shard, position)
);

CREATE TABLE receivables (
    shard    BIGINT NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    "group"  TEXT COLLATE "C" NOT NULL,
    day      BIGINT NOT NULL,
    minute   BIGINT NOT NULL,
    owed     TEXT NOT NULL,
    PRIMARY KEY (shard, currency, "group", day, minute)
);

CREATE TABLE audit (
    shard    BIGINT NOT NULL,
    actor    TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (shard, actor, position)
);

CREATE TABLE services (
    shard    BIGINT NOT NULL,
    position BIGINT NOT NULL,
    name     TEXT COLLATE "C" NOT NULL,
    version  BIGINT NOT NULL,
    PRIMARY KEY (shard, position),
    UNIQUE (shard, name, version)
);

CREATE TABLE exchange_rates (
    shard      BIGINT NOT NULL,
    position   BIGINT NOT NULL,
    base       TEXT COLLATE "C" NOT NULL,
    quote      TEXT COLLATE "C" NOT NULL,
    rate       TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    source     TEXT NOT NULL,
    PRIMARY KEY (shard, position, base, quote)
);

CREATE TABLE keys (
    shard       BIGINT NOT NULL,
    kept        BIGINT NOT NULL,
    sequence    BIGINT NOT NULL,
    key         BYTEA NOT NULL,
    fingerprint BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    position    BIGINT,
    entries     BIGINT,
    refusal     TEXT,
    PRIMARY KEY (shard, kept, sequence)
);

CREATE TABLE key_runs (
    shard    BIGINT NOT NULL,
    kept     BIGINT NOT NULL,
    run      BIGINT NOT NULL,
    key      BYTEA NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (shard, kept, run, key)
);

CREATE TABLE key_filters (
    shard   BIGINT NOT NULL,
    kept    BIGINT NOT NULL,
    run     BIGINT NOT NULL,
    first   BIGINT NOT NULL,
    last    BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    filter  BYTEA NOT NULL,
    PRIMARY KEY (shard, kept, run)
);

-- Packed already, or random: to compress them is for nothing.
ALTER TABLE account_pages ALTER COLUMN accounts SET STORAGE EXTERNAL;
ALTER TABLE checkpoint ALTER COLUMN shared SET STORAGE EXTERNAL;
ALTER TABLE key_filters ALTER COLUMN filter SET STORAGE EXTERNAL;

-- Of all shards together.
CREATE TABLE api_keys (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    role       TEXT NOT NULL,
    digest     BYTEA NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE TABLE meta (
    shard BIGINT NOT NULL,
    name  TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (shard, name)
);

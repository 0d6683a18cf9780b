-- One row per fact, in order; it only ever grows at its end. Money is in ten-thousandths of the
-- currency's minor unit: divided by 10^(exponent + 4) it is in the currency. Moments are
-- microseconds since 1970-01-01T00:00:00Z.
CREATE TABLE journal (
    position    INTEGER PRIMARY KEY,
    shard       INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    customer    INTEGER,
    account     INTEGER,
    prev        INTEGER,           -- the same account's entry before this one
    kind        TEXT NOT NULL,
    amount      INTEGER,
    currency    TEXT,
    exponent    INTEGER,           -- decimal places of the currency's minor unit
    balance     INTEGER,           -- after this entry, as are held and credit
    held        INTEGER,
    credit      INTEGER,           -- NULL is without limit
    contra      TEXT,
    actor       TEXT NOT NULL,
    channel     TEXT NOT NULL,
    reason      TEXT,
    reservation INTEGER,           -- serial number of the session's reservation on its account
    request     INTEGER,           -- number of the request within its session
    granted     INTEGER,           -- what is held for the session after this entry
    until       INTEGER,           -- how long the grant, or the memory of the session, lasts
    detail      TEXT,              -- what else the kind needs, as JSON
    subscription INTEGER,          -- serial number of the subscription on its account
    version     INTEGER,           -- of the service, for a period that begins
    since       INTEGER            -- when the period begins; until is its end
);

-- Switches of subscriptions, which are looked for among everything else; grows at its end, too.
CREATE INDEX journal_switched ON journal (position) WHERE kind = 'switched';

-- One row per transaction: where its entries start, how many, and a CRC-32 over their columns.
CREATE TABLE commits (
    first    INTEGER PRIMARY KEY,
    entries  INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    checksum INTEGER NOT NULL
);

-- The hot fields of accounts, 256 a row, each row true for the position it names. Bytes here, in
-- `checkpoint` and in `key_filters` end in a CRC-32 over them and the numbers beside them.
CREATE TABLE account_pages (
    page     INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    accounts BLOB NOT NULL
);

CREATE TABLE checkpoint (
    shard       INTEGER PRIMARY KEY,
    position    INTEGER NOT NULL,  -- what `shared` is true for
    replay_from INTEGER NOT NULL,  -- everything before it is in the pages
    shared      BLOB NOT NULL
);

CREATE TABLE customers (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    phone      TEXT,
    email      TEXT,
    "group"    TEXT,
    language   TEXT,
    country    TEXT,
    since      INTEGER,
    time_zone  TEXT,
    external_id TEXT,              -- the customer's id in another system
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);

CREATE INDEX customers_by_external_id ON customers (external_id) WHERE external_id IS NOT NULL;

-- What a customer is found by. Every ending of a telephone number is a word of its own, so that
-- it is found with or without its prefixes.
CREATE VIRTUAL TABLE customer_search USING fts5 (
    name, phone, email,
    content = '', contentless_delete = 1,
    tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

CREATE TABLE accounts (
    id        INTEGER PRIMARY KEY,
    customer  INTEGER NOT NULL,
    number    TEXT NOT NULL,
    name      TEXT NOT NULL,
    currency  TEXT NOT NULL,
    exponent  INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER
);
CREATE UNIQUE INDEX accounts_by_number ON accounts (number);
CREATE INDEX accounts_by_customer ON accounts (customer);

CREATE TABLE payments (
    position     INTEGER PRIMARY KEY,
    account      INTEGER NOT NULL,
    source       TEXT NOT NULL,
    reference    TEXT NOT NULL,
    amount       INTEGER NOT NULL,
    cancelled_by INTEGER
);

-- Payments that were received and fit no account, until they are allocated or returned.
CREATE TABLE unallocated_payments (
    position   INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    source     TEXT NOT NULL,
    settled_by INTEGER             -- the entry that allocated or returned it
);
CREATE INDEX unallocated_payments_open ON unallocated_payments (position)
    WHERE settled_by IS NULL;

-- Refunds that wait, or waited, for a second person.
CREATE TABLE refund_requests (
    position   INTEGER PRIMARY KEY,
    account    INTEGER NOT NULL,
    serial     INTEGER NOT NULL,
    settled_by INTEGER,            -- the entry that refunded or rejected it
    UNIQUE (account, serial)
);
CREATE INDEX refund_requests_open ON refund_requests (position) WHERE settled_by IS NULL;

CREATE TABLE promises (
    position INTEGER PRIMARY KEY,
    account  INTEGER NOT NULL,
    credit   INTEGER NOT NULL,     -- serial number of its limit on the account
    ended_by INTEGER,
    UNIQUE (account, credit)
);
CREATE INDEX promises_open ON promises (position) WHERE ended_by IS NULL;

CREATE TABLE promise_policies (
    position INTEGER PRIMARY KEY,
    "group"  TEXT,
    currency TEXT NOT NULL,
    version  INTEGER NOT NULL
);

-- What was owed in one currency, by one group of customers, since one day: as it stood at the end
-- of each minute in which it changed. Days count from 1970-01-01 in UTC; the empty group is that
-- of customers without one.
CREATE TABLE receivables (
    currency TEXT NOT NULL,
    "group"  TEXT NOT NULL,
    day      INTEGER NOT NULL,
    minute   INTEGER NOT NULL,     -- its beginning
    owed     TEXT NOT NULL,        -- ten-thousandths of the minor unit
    PRIMARY KEY (currency, "group", day, minute)
) WITHOUT ROWID;

-- What people did, by person: entries of every kind but those of the traffic (charges, requests
-- of sessions). The entry itself stands in the journal.
CREATE TABLE audit (
    actor    TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (actor, position)
) WITHOUT ROWID;

-- Every version of every service. The entry itself stands in the journal.
CREATE TABLE services (
    position INTEGER PRIMARY KEY,
    name     TEXT NOT NULL,
    version  INTEGER NOT NULL,
    UNIQUE (name, version)
);

CREATE TABLE exchange_rates (
    position   INTEGER NOT NULL,
    base       TEXT NOT NULL,
    quote      TEXT NOT NULL,
    rate       TEXT NOT NULL,
    valid_from INTEGER NOT NULL,
    source     TEXT NOT NULL,
    PRIMARY KEY (position, base, quote)
) WITHOUT ROWID;

-- Keys in the order of their arrival: `kept` 0 for ever (payments, cancellations), 1 for a day
-- (idempotency keys). The answer is the entries from `position` on, or the refusal.
CREATE TABLE keys (
    kept        INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    key         BLOB NOT NULL,
    fingerprint INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    position    INTEGER,
    entries     INTEGER,
    refusal     TEXT,
    PRIMARY KEY (kept, sequence)
) WITHOUT ROWID;

-- Sorted runs of older keys, each written once, in order, and found through its filter.
CREATE TABLE key_runs (
    kept     INTEGER NOT NULL,
    run      INTEGER NOT NULL,
    key      BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (kept, run, key)
) WITHOUT ROWID;

CREATE TABLE key_filters (
    kept    INTEGER NOT NULL,
    run     INTEGER NOT NULL,
    first   INTEGER NOT NULL,      -- sequence of the run's first key
    last    INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    filter  BLOB NOT NULL,
    PRIMARY KEY (kept, run)
) WITHOUT ROWID;

-- Access to the API. Not in the journal: keys are made while the server runs and while it does
-- not, and say nothing about money.
CREATE TABLE api_keys (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    role       TEXT NOT NULL,
    digest     BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
);

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- What this database is known by among those that a business is spread over, drawn once.
-- `business` is the first of them, when this is another one: that has everything that is not of a
-- shard, and says which shards are here.
CREATE TABLE identity (
    id               TEXT PRIMARY KEY,
    business         TEXT,
    business_address TEXT
);
INSERT INTO identity (id) SELECT gen_random_uuid()::text;

-- In the first database only: which other one a shard is at home in, and where that was when it was
-- written. A shard that has no row is at home here.
CREATE TABLE homes (
    shard    BIGINT PRIMARY KEY,
    database TEXT NOT NULL,
    address  TEXT NOT NULL
);

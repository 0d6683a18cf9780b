-- The processes that would have shards, each until then by this server's clock, in milliseconds:
-- by their number is known how many shards each should have.
CREATE TABLE nodes (
    node    BIGINT PRIMARY KEY,
    address TEXT NOT NULL,
    until   BIGINT NOT NULL
);

-- Which node should have a shard, and until when by this server's clock, in milliseconds. What
-- makes it harmless when two believe that they have it is the generation in shards.
CREATE TABLE leases (
    shard   BIGINT PRIMARY KEY,
    node    BIGINT NOT NULL,
    -- Counted on when another node gets the shard.
    term    BIGINT NOT NULL,
    address TEXT NOT NULL,
    until   BIGINT NOT NULL
);

-- Where a shard has sent money to an account of another: that one follows these entries in their
-- order, and does its own side of each.
CREATE TABLE transits (
    shard    BIGINT NOT NULL,
    to_shard BIGINT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (shard, to_shard, position)
);

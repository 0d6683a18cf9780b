-- What one shard alone may have and what does not say whose it is: an account's number that was
-- brought along, a name by which the network knows a subscription, a payment's reference. A claim
-- is made before the shard has what it stands for, and may be left behind when it never comes to
-- have it: a shard that finds another's claim asks whether it counts.
--
-- Only in a database of more than one shard. `claim` is a digest of the kind and the value, and
-- says nothing to people; `kind` does. `at` is by this server's clock, in milliseconds.
CREATE TABLE claims (
    claim BYTEA PRIMARY KEY,
    kind  TEXT COLLATE "C" NOT NULL,
    shard BIGINT NOT NULL,
    at    BIGINT NOT NULL
);

-- What was refused, for the operator who is told a reference. A ring: the number of its slots is the most rows there are.
CREATE TABLE incidents (
    slot BIGINT NOT NULL PRIMARY KEY CHECK (slot >= 0 AND slot < 5000),
    -- Counts up: the highest says where the ring goes on.
    id BIGINT NOT NULL UNIQUE,
    reference TEXT NOT NULL,
    noted_at BIGINT NOT NULL,
    -- Digests of the `client_id` and of the browser, and the grant of a code or refresh token: what belongs to one attempt.
    client TEXT,
    browser TEXT,
    grant_id BIGINT,
    -- What was sent and what was said, with every secret masked.
    document TEXT NOT NULL
);
CREATE INDEX incidents_noted_at ON incidents (noted_at);

-- Clients an operator made. The digest is that of the secret; none for public clients and for those with keys.
CREATE TABLE preregistered_clients (
    id TEXT NOT NULL PRIMARY KEY,
    registration TEXT NOT NULL,
    secret_digest TEXT,
    created_at BIGINT NOT NULL
);

-- Clients an operator has shut out, of whatever kind.
CREATE TABLE blocked_clients (
    id TEXT NOT NULL PRIMARY KEY,
    blocked_at BIGINT NOT NULL
);

-- The last good copy of a metadata document whose client somebody has let in.
CREATE TABLE client_documents (
    url TEXT NOT NULL PRIMARY KEY,
    document TEXT NOT NULL,
    fetched_at BIGINT NOT NULL
);

-- Client assertions that were used, as digests of client and `jti`, until they expire.
CREATE TABLE client_assertions (
    id TEXT NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX client_assertions_expires_at ON client_assertions (expires_at);

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    -- Lower case: a person signs in however they spell it.
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- A browser in which somebody is signed in. The key is the digest of the cookie.
CREATE TABLE sign_ins (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Digest of the cookie the browser had before: pages made for it stay good.
    browser TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sign_ins_expires_at ON sign_ins (expires_at);

-- This user lets this client use this resource with these scopes: one row for the whole life of it.
CREATE TABLE grants (
    id BIGINT NOT NULL PRIMARY KEY,
    -- Random, from the code that was redeemed.
    tag TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    resource TEXT NOT NULL,
    scope TEXT NOT NULL,
    -- How many times it was refreshed, and when last; changed in place.
    generation BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX grants_user_client ON grants (user_id, client_id);

-- Numbered, so that of two servers that start at the same time one makes the key and both use it.
CREATE TABLE signing_keys (
    number BIGINT NOT NULL PRIMARY KEY,
    kid TEXT NOT NULL UNIQUE,
    -- The private key in PKCS#8, sealed.
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Registrations too large to travel sealed in their own client_id.
CREATE TABLE clients (
    id TEXT NOT NULL PRIMARY KEY,
    registration TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

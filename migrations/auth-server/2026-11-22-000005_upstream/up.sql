-- Who somebody is at another OpenID provider, and which account that is here.
CREATE TABLE identities (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- What the provider calls them; empty where it does not say.
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    signed_in_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_user_id ON identities (user_id);

-- People who were sent to a provider after they had allowed something, and are not back yet. The key is the digest of the
-- state they were sent with.
CREATE TABLE upstream_attempts (
    id TEXT NOT NULL PRIMARY KEY,
    -- The browser that was sent: no other one may come back.
    browser TEXT NOT NULL,
    sealed TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX upstream_attempts_expires_at ON upstream_attempts (expires_at);

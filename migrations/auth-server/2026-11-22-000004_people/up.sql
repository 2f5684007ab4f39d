-- What somebody signs in with here is no longer all that is known of them: an account of another provider has an e-mail
-- address and nothing to sign in with.
ALTER TABLE users RENAME COLUMN email TO login;
ALTER TABLE users ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN email_verified BOOLEAN NOT NULL DEFAULT TRUE;
-- Whoever is disabled signs in nowhere and refreshes nothing.
ALTER TABLE users ADD COLUMN disabled_at BIGINT;
UPDATE users SET email = login;

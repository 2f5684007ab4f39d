-- What lets somebody in once: to make the first account, to take up an invitation, to set a new password. The key is the
-- digest of what stands in the link.
CREATE TABLE links (
    id TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    -- Whose password is set; of an account that is to be made there is none yet.
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    -- Whom it was made for, in lower case; empty where the person chooses.
    email TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX links_user_id ON links (user_id);

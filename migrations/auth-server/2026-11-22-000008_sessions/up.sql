-- What the browser called itself when somebody signed in there, so that they recognize it in a list.
ALTER TABLE sign_ins ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';
CREATE INDEX sign_ins_user_id ON sign_ins (user_id);
-- Codes with a smaller key were given before this person ended something, and make no grant any more.
ALTER TABLE users ADD COLUMN codes_from BIGINT NOT NULL DEFAULT 0;

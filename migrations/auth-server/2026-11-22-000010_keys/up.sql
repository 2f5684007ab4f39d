-- What a key does follows from its instants, which every server reads: it is published as soon as it is there, signs from
-- one instant on, and stays published until the last token it signed has ended.
ALTER TABLE signing_keys ADD COLUMN signs_from BIGINT NOT NULL DEFAULT 0;
UPDATE signing_keys SET signs_from = created_at;
-- Known from the moment its successor is made.
ALTER TABLE signing_keys ADD COLUMN ends_at BIGINT;
-- Taken back at once, by an operator.
ALTER TABLE signing_keys ADD COLUMN retired_at BIGINT;

ALTER TABLE signing_keys DROP COLUMN retired_at;
ALTER TABLE signing_keys DROP COLUMN ends_at;
ALTER TABLE signing_keys DROP COLUMN signs_from;

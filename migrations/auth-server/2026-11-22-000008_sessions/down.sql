ALTER TABLE users DROP COLUMN codes_from;
DROP INDEX sign_ins_user_id;
ALTER TABLE sign_ins DROP COLUMN user_agent;

CREATE INDEX grants_user_client ON grants (user_id, client_id);
DROP INDEX grants_user_client_id;

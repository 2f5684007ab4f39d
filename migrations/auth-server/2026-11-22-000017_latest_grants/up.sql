-- The latest grant of a person to a client is found without a look at all the others. No refresh changes this index.
CREATE INDEX grants_user_client_id ON grants (user_id, client_id, id);
DROP INDEX grants_user_client;

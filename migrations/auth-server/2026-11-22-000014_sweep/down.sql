ALTER TABLE clients DROP COLUMN used_at;
DROP INDEX grants_client_id;
DROP INDEX links_expires_at;

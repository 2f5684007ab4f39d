-- Links that are over are looked for by when they ended.
CREATE INDEX links_expires_at ON links (expires_at);
-- Whether a client has a grant is asked before it is forgotten. No refresh changes this column, nor any index.
CREATE INDEX grants_client_id ON grants (client_id);
-- When its last grant was forgotten: from then on nobody uses it.
ALTER TABLE clients ADD COLUMN used_at BIGINT NOT NULL DEFAULT 0;

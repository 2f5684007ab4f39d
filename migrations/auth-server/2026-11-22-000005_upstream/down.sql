DROP TABLE upstream_attempts;
DROP TABLE identities;

#!/bin/sh
# Run once by the postgres image, on an empty volume: the mcp-server has a database and a role of its own, which cannot
# read what the auth-server keeps.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set password="$MCP_POSTGRES_PASSWORD" \
  --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE mcp_server LOGIN PASSWORD :'password';
CREATE DATABASE mcp_server OWNER mcp_server;
REVOKE CONNECT ON DATABASE gatehouse, mcp_server FROM PUBLIC;
SQL

#!/bin/sh
# Gives each program a role and a database of its own on the server of PGHOST, with the password of its URL. Run again, it
# changes nothing but passwords that changed. Neither program can connect to the database of the other.
set -eu

# The password in postgres://role:PASSWORD@host/database.
password() {
  rest=${1#*://*:}
  printf '%s' "${rest%%@*}"
}

own_database() {
  ROLE_PASSWORD=$(password "$2")
  export ROLE_PASSWORD
  psql --no-psqlrc --quiet --tuples-only --set ON_ERROR_STOP=1 --set role="$1" <<'SQL'
\getenv password ROLE_PASSWORD
SELECT format('CREATE ROLE %I LOGIN', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
ALTER ROLE :"role" LOGIN PASSWORD :'password';
GRANT :"role" TO CURRENT_USER;
SELECT format('CREATE DATABASE %I OWNER %I', :'role', :'role') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'role') \gexec
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
SQL
  echo "$1: role and database stand"
}

own_database auth_server "$AUTH_SERVER_DATABASE_URL"
own_database mcp_server "$MCP_SERVER_DATABASE_URL"

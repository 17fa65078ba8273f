#!/bin/sh
# Runs once, when the data directory is made: the role the app logs in with owns its database and is no superuser.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres -v password="$ROZANA_PASSWORD" <<'SQL'
CREATE ROLE rozana LOGIN NOSUPERUSER NOBYPASSRLS CREATEROLE PASSWORD :'password';
CREATE DATABASE rozana OWNER rozana;
SQL

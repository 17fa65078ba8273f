#!/bin/sh
# Runs once, when the data directory is made: the app's login owns its database and is no superuser, so that row-level
# security holds for it. The superuser keeps no password: it signs in only from inside the container.
set -eu
psql --set ON_ERROR_STOP=1 --username postgres --dbname postgres --set password="$ROZANA_PASSWORD" <<'SQL'
CREATE ROLE rozana LOGIN NOSUPERUSER NOBYPASSRLS CREATEROLE PASSWORD :'password';
CREATE DATABASE rozana OWNER rozana;
ALTER ROLE postgres PASSWORD NULL;
SQL

"""Roles, row-level security and grants, as SQL that migrations execute.

`rozana_app` (what the application acts as) sees one store; `rozana_sweep` sees, across stores, only the columns that say
where something is due or whom an address belongs to. A table is protected in the migration that creates it; what is
here has been executed by installations and does not change: a new rule is a new function and a new migration.
"""

from collections.abc import Iterable

TENANT = "current_setting('app.store_id')::uuid"  # raises where unset: a query without a store fails
WORK_COLUMNS = ("store_id", "id", "work_status", "next_attempt_at", "lease_until")

ROLES = """
DO $$
DECLARE with_set text := CASE WHEN current_setting('server_version_num')::int >= 160000
  THEN ' WITH INHERIT FALSE, SET TRUE' ELSE '' END;
BEGIN
  IF to_regrole('rozana_app') IS NULL THEN CREATE ROLE rozana_app NOLOGIN NOINHERIT; END IF;
  IF to_regrole('rozana_sweep') IS NULL THEN CREATE ROLE rozana_sweep NOLOGIN NOINHERIT; END IF;
  EXECUTE 'GRANT rozana_app TO CURRENT_USER' || with_set;
  EXECUTE 'GRANT rozana_sweep TO CURRENT_USER' || with_set;
END $$;
GRANT USAGE ON SCHEMA public TO rozana_app, rozana_sweep;
"""

APP_NOW = """
CREATE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT coalesce(nullif(current_setting('rozana.now', true), '')::timestamptz, statement_timestamp()) $$;
"""


CHANGE, APPEND = "SELECT, INSERT, UPDATE, DELETE", "SELECT, INSERT"


def protect(table: str, *, rights: str = CHANGE, key: str = "store_id") -> str:
    """Forced row-level security by store, and the application's rights on the table."""
    return f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON {table} TO rozana_app USING ({key} = {TENANT}) WITH CHECK ({key} = {TENANT});
GRANT {rights} ON {table} TO rozana_app;
"""


def let_sweep_see(table: str, columns: Iterable[str] = WORK_COLUMNS) -> str:
    """`rozana_sweep` may read these columns of every store, and nothing else."""
    return f"""
CREATE POLICY sweep ON {table} FOR SELECT TO rozana_sweep USING (true);
GRANT SELECT ({", ".join(columns)}) ON {table} TO rozana_sweep;
"""


HEARTBEATS = """
GRANT SELECT ON heartbeats TO rozana_app;
GRANT SELECT, INSERT, UPDATE ON heartbeats TO rozana_sweep;
"""

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries EXECUTE FUNCTION refuse_change();
"""

ACCESS_LOG = """
CREATE TABLE access_log_default PARTITION OF access_log DEFAULT;
CREATE FUNCTION prepare_access_log(months int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE first date := date_trunc('month', now())::date; at date;
BEGIN
  FOR i IN 0..months LOOP
    at := (first + make_interval(months => i))::date;
    BEGIN
      EXECUTE format('CREATE TABLE IF NOT EXISTS access_log_%s PARTITION OF access_log FOR VALUES FROM (%L) TO (%L)',
                     to_char(at, 'YYYY_MM'), at, (at + interval '1 month')::date);
    EXCEPTION WHEN check_violation THEN NULL;  -- rows already in the default partition: they stay there
    END;
  END LOOP;
END $$;
CREATE FUNCTION drop_access_log_before(day date) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE part record; dropped int := 0;
BEGIN
  FOR part IN SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'access_log'::regclass LOOP
    CONTINUE WHEN part.name !~ '^access_log_[0-9]{4}_[0-9]{2}$';
    IF to_date(right(part.name, 7), 'YYYY_MM') + interval '1 month' <= day THEN
      EXECUTE format('DROP TABLE %I', part.name);
      dropped := dropped + 1;
    END IF;
  END LOOP;
  RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION prepare_access_log(int), drop_access_log_before(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prepare_access_log(int), drop_access_log_before(date) TO rozana_app;
SELECT prepare_access_log(2);
"""


def append_only(table: str) -> str:
    """Rows of the table are added and never changed, not even by the owner."""
    return f"""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} EXECUTE FUNCTION refuse_change();
"""

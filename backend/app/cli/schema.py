"""`rozana schema`: the tables that the models mean, as DDL; a test keeps a copy, so that they change only knowingly."""

import typer
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from app.tables import metadata


def schema() -> None:
    """Print the DDL of all tables and indexes, in a fixed order."""
    for line in ddl_lines():
        typer.echo(line)


def ddl_lines() -> list[str]:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    lines: list[str] = []
    for table in sorted(metadata.tables.values(), key=lambda one: one.name):
        lines += str(CreateTable(table).compile(dialect=dialect)).strip().splitlines()
        lines += sorted(str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes)
    return [line.rstrip() for line in lines]

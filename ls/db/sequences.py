"""The numbers of new rows, which go on in another database where they were."""

from sqlalchemy import Connection, Table, func, select, text


def count_on(table: Table, reading: Connection, writing: Connection) -> None:
    """Let the target number new rows after the last that the source ever gave out, be it deleted since."""
    column = table.autoincrement_column
    if column is None:
        return
    last = max(_last_number(table, reading), reading.scalar(select(func.max(column))) or 0)
    if sequence := _sequence(table, writing):
        values = {"name": sequence, "last": max(last, 1), "given": last > 0}
        writing.execute(text("SELECT setval(:name, :last, :given)"), values)
    elif _numbers_once(table, writing):
        named = {"name": table.name, "last": last}
        writing.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), named)
        writing.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), named)


def _last_number(table: Table, connection: Connection) -> int:
    if sequence := _sequence(table, connection):
        found = text("SELECT pg_sequence_last_value(CAST(:name AS regclass))")
        return connection.scalar(found, {"name": sequence}) or 0
    if _numbers_once(table, connection):
        found = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return connection.scalar(found, {"name": table.name}) or 0
    return 0


def _sequence(table: Table, connection: Connection) -> str | None:
    """What numbers the rows on PostgreSQL."""
    column = table.autoincrement_column
    if connection.dialect.name != "postgresql" or column is None:
        return None
    found = text("SELECT pg_get_serial_sequence(:table, :column)")
    name: str | None = connection.scalar(found, {"table": table.name, "column": column.name})
    return name


def _numbers_once(table: Table, connection: Connection) -> bool:
    """Does SQLite keep the last number it gave out, so that none comes again?"""
    return connection.dialect.name == "sqlite" and bool(table.dialect_options["sqlite"]["autoincrement"])

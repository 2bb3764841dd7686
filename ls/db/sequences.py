"""The ids of new rows in a copied database: they go on after the last id that the source gave out."""

from sqlalchemy import Connection, Table, func, select, text


def continue_ids(table: Table, reading: Connection, writing: Connection) -> None:
    """Let the target go on after the last id of the source, even if that row has been deleted since."""
    column = table.autoincrement_column
    if column is None:
        return
    last = max(_last_id(table, reading), reading.scalar(select(func.max(column))) or 0)
    if sequence := _postgresql_sequence(table, writing):
        values = {"name": sequence, "last": max(last, 1), "is_used": last > 0}
        writing.execute(text("SELECT setval(:name, :last, :is_used)"), values)
    elif _has_sqlite_sequence(table, writing):
        values = {"name": table.name, "last": last}
        writing.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), values)
        writing.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), values)


def _last_id(table: Table, connection: Connection) -> int:
    if sequence := _postgresql_sequence(table, connection):
        statement = text("SELECT pg_sequence_last_value(CAST(:name AS regclass))")
        return connection.scalar(statement, {"name": sequence}) or 0
    if _has_sqlite_sequence(table, connection):
        statement = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return connection.scalar(statement, {"name": table.name}) or 0
    return 0


def _postgresql_sequence(table: Table, connection: Connection) -> str | None:
    column = table.autoincrement_column
    if connection.dialect.name != "postgresql" or column is None:
        return None
    statement = text("SELECT pg_get_serial_sequence(:table, :column)")
    name: str | None = connection.scalar(statement, {"table": table.name, "column": column.name})
    return name


def _has_sqlite_sequence(table: Table, connection: Connection) -> bool:
    return connection.dialect.name == "sqlite" and bool(table.dialect_options["sqlite"]["autoincrement"])

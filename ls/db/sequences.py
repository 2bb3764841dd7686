"""The ids of new rows in a copied database: they go on after the last id that the source gave out."""

from sqlalchemy import Connection, Table, func, select, text


def continue_ids(table: Table, reading: Connection, writing: Connection) -> None:
    """Let the target go on after the last id of the source, even if that row has been deleted since."""
    column = table.autoincrement_column
    if column is None:
        return
    last = max(last_id(table.name, column.name, reading), reading.scalar(select(func.max(column))) or 0)
    continue_after(last, table, writing)


def continue_after(last: int, table: Table, writing: Connection) -> None:
    """Let the next row of the table have a higher id than this."""
    values = {"table": table.name, "column": "id", "last": last}
    if writing.dialect.name == "postgresql":
        statement = "SELECT setval(pg_get_serial_sequence(:table, :column), greatest(:last, 1), :last > 0)"
        writing.execute(text(statement), values)
    elif table.dialect_options["sqlite"]["autoincrement"]:
        writing.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), values)
        writing.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)"), values)


def last_id(table: str, column: str, connection: Connection) -> int:
    """The last id that the database gave out, 0 if it does not say."""
    statement = "SELECT seq FROM sqlite_sequence WHERE name = :table"
    if connection.dialect.name == "postgresql":
        statement = "SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence(:table, :column) AS regclass))"
    return connection.scalar(text(statement), {"table": table, "column": column}) or 0

"""The ids of new rows in a copied database: they go on after the last id that the source gave out."""

from sqlalchemy import Connection, Table, func, select, text


def continue_ids(table: Table, reading: Connection, writing: Connection) -> None:
    """Let the target go on after the last id of the source, even if that row has been deleted since."""
    column = table.autoincrement_column
    if column is None:
        return
    last = max(_last_id(table, column.name, reading), reading.scalar(select(func.max(column))) or 0)
    values = {"table": table.name, "column": column.name, "last": last}
    if writing.dialect.name == "postgresql":
        statement = "SELECT setval(pg_get_serial_sequence(:table, :column), greatest(:last, 1), :last > 0)"
        writing.execute(text(statement), values)
    elif table.dialect_options["sqlite"]["autoincrement"]:
        writing.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), values)
        writing.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)"), values)


def _last_id(table: Table, column: str, connection: Connection) -> int:
    statement = "SELECT seq FROM sqlite_sequence WHERE name = :table"
    if connection.dialect.name == "postgresql":
        statement = "SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence(:table, :column) AS regclass))"
    return connection.scalar(text(statement), {"table": table.name, "column": column}) or 0

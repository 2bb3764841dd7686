"""Alembic's entry point: runs the migrations on the connection that `ls.db.migrate` passes."""

from alembic import context

from ls import models  # noqa: F401  # registers every table
from ls.db.extensions import Base

connection = context.config.attributes["connection"]


def check_references(*_arguments: object, **_step: object) -> None:
    """Raise, which undoes the migration, if it left a row that refers to a missing one."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken:
            raise RuntimeError(f"the migration left a row of {broken[0]} that points nowhere")


context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
    transaction_per_migration=True,
    on_version_apply=check_references,
)
with context.begin_transaction():
    context.run_migrations()

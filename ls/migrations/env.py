"""Alembic's entry: runs on the connection that database.py hands over."""

from alembic import context

from ls import models  # noqa: F401  # registers every table
from ls.extensions import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()

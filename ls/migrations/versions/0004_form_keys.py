"""The key of a form that was sent twice is no longer a column of projects."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with changed_projects() as projects:
        projects.drop_constraint("uq_projects_form_key", type_="unique")
        projects.drop_column("form_key")


def downgrade() -> None:
    with changed_projects() as projects:
        projects.add_column(sa.Column("form_key", sa.String(length=64), nullable=True))
        projects.create_unique_constraint("uq_projects_form_key", ["form_key"])


@contextmanager
def changed_projects() -> Iterator[Any]:
    """Change the table of projects. SQLite makes a new one, which is told the last id that was given out."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    number = sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'projects'")
    last = op.get_bind().scalar(number) if is_sqlite else None
    with op.batch_alter_table("projects", table_kwargs={"sqlite_autoincrement": True}) as projects:
        yield projects
    if last is not None:
        op.execute("DELETE FROM sqlite_sequence WHERE name = 'projects'")
        op.execute(f"INSERT INTO sqlite_sequence (name, seq) VALUES ('projects', {last})")

"""Deleted projects are hidden and can be restored. The revision before shows them again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

VISIBLE, HIDDEN = sa.text("deleted_at IS NULL"), sa.text("deleted_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("projects", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    deleted_by = sa.ForeignKey("users.id", name="fk_projects_deleted_by_id_users")
    op.add_column("projects", sa.Column("deleted_by_id", sa.Integer(), deleted_by, nullable=True), inline_references=True)
    op.drop_index("ix_projects_created_by_id", "projects")
    create_index("ix_projects_created_by_id", ["created_by_id", "id"], VISIBLE)
    create_index("ix_projects_visible", ["id"], VISIBLE)
    create_index("ix_projects_deleted_at", ["deleted_at", "id"], HIDDEN)


def downgrade() -> None:
    op.drop_index("ix_projects_deleted_at", "projects")
    op.drop_index("ix_projects_visible", "projects")
    op.drop_index("ix_projects_created_by_id", "projects")
    op.drop_column("projects", "deleted_by_id")
    op.drop_column("projects", "deleted_at")
    op.create_index("ix_projects_created_by_id", "projects", ["created_by_id", "id"])


def create_index(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, "projects", columns, sqlite_where=where, postgresql_where=where)

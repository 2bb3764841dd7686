"""Projects of a Label Studio that is read, and what members did there."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "linked_projects",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("annotations_count", sa.Integer(), nullable=False),
    )
    op.create_table(
        "linked_members",
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("annotations_count", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_table(
        "linked_roles",
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("project_id", sa.Integer(), sa.ForeignKey("linked_projects.id"), primary_key=True),
        sa.Column("has_created", sa.Boolean(), nullable=False),
        sa.Column("has_contributed", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_linked_roles_project_id", "linked_roles", ["project_id"])


def downgrade() -> None:
    for name in ("linked_roles", "linked_members", "linked_projects"):
        op.drop_table(name)

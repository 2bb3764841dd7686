"""The creator of a linked project is found in an index, however many people contributed to it."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_linked_roles_project_id", "linked_roles")
    op.create_index("ix_linked_roles_project_id", "linked_roles", ["project_id", "has_created", "user_id"])


def downgrade() -> None:
    op.drop_index("ix_linked_roles_project_id", "linked_roles")
    op.create_index("ix_linked_roles_project_id", "linked_roles", ["project_id"])

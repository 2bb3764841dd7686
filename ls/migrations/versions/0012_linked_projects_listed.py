"""Which Label Studio is read; an index that names the creator of its projects, however many contribute to them.

The address is filled in when it is read the next time.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organizations", sa.Column("label_studio_url", sa.String(500), nullable=True))
    op.drop_index("ix_linked_roles_project_id", "linked_roles")
    op.create_index("ix_linked_roles_project_id", "linked_roles", ["project_id", "has_created", "user_id"])


def downgrade() -> None:
    op.drop_index("ix_linked_roles_project_id", "linked_roles")
    op.create_index("ix_linked_roles_project_id", "linked_roles", ["project_id"])
    op.drop_column("organizations", "label_studio_url")

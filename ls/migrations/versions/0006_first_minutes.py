"""The organization knows whether a script has called, and whether the first steps are hidden.

They are hidden on a server that has been in use, where they would come too late.
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

FLAGS = ("has_scripts", "first_steps_hidden")


def upgrade() -> None:
    for name in FLAGS:
        op.add_column("organizations", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    created_at = sa.column("created_at", sa.DateTime(timezone=True))
    organizations = sa.table("organizations", created_at, sa.column("first_steps_hidden", sa.Boolean()))
    is_old = created_at < datetime.now(UTC) - timedelta(days=1)
    op.execute(organizations.update().where(is_old).values(first_steps_hidden=True))


def downgrade() -> None:
    for name in reversed(FLAGS):
        op.drop_column("organizations", name)

"""The organization knows whether a script has called, and whether the first steps are hidden.

They are hidden where somebody founded the organization before there were any.
"""

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
    op.execute("UPDATE organizations SET first_steps_hidden = true WHERE created_by_id IS NOT NULL")


def downgrade() -> None:
    for name in reversed(FLAGS):
        op.drop_column("organizations", name)

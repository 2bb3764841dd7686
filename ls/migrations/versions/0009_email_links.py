"""One-time codes are for several purposes, and may carry the email that they give their user."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("one_time_codes", sa.Column("purpose", sa.String(16), nullable=False, server_default="shown"))
    op.add_column("one_time_codes", sa.Column("email", sa.String(254), nullable=False, server_default=""))


def downgrade() -> None:
    # Who has not confirmed their email could log in at once: their password ends, and a link sets another.
    unconfirmed = "SELECT user_id FROM one_time_codes WHERE purpose = 'sign-up'"
    op.execute(f"UPDATE users SET password_hash = NULL WHERE id IN ({unconfirmed})")
    op.execute("DELETE FROM one_time_codes WHERE purpose != 'shown'")
    op.drop_column("one_time_codes", "email")
    op.drop_column("one_time_codes", "purpose")

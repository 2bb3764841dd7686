"""Invitations, and with which of them somebody signed up."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.String(254).with_variant(sa.String(254, collation="C"), "postgresql")
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("email", sa.String(254), nullable=True),
        sa.Column("email_key", key, nullable=True),
        sa.Column("note", sa.String(256), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name="fk_invitations_created_by_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_invitations_email_key", "invitations", ["email_key"])
    op.add_column("users", sa.Column("invitation_id", sa.Integer(), nullable=True))
    op.create_index("ix_users_invitation_id", "users", ["invitation_id"])


def downgrade() -> None:
    op.drop_index("ix_users_invitation_id", "users")
    op.drop_column("users", "invitation_id")
    op.drop_table("invitations")

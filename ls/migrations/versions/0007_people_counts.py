"""When somebody logged in last; indexes in which annotations per week are counted without reading annotations."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COUNTED = {
    "ix_annotations_project_author": ["project_id", "completed_by_id", "created_at", "was_cancelled"],
    "ix_annotations_author": ["completed_by_id", "created_at", "was_cancelled", "project_id"],
}
BEFORE = {
    "ix_annotations_project_author": ["project_id", "completed_by_id", "created_at"],
    "ix_annotations_author": ["completed_by_id"],
}


LAST_LOGIN = """(
    SELECT max(moment) FROM (
        SELECT created_at AS moment FROM login_sessions WHERE user_id = users.id
        UNION ALL SELECT at FROM events WHERE actor_id = users.id AND kind = 'login'
    ) AS logins
)"""


def upgrade() -> None:
    op.add_column("users", sa.Column("last_login", sa.DateTime(timezone=True), nullable=True))
    op.execute(f"UPDATE users SET last_login = {LAST_LOGIN} WHERE status != 'deleted'")
    replace_indexes(COUNTED)


def downgrade() -> None:
    replace_indexes(BEFORE)
    op.drop_column("users", "last_login")


def replace_indexes(indexes: dict[str, list[str]]) -> None:
    for name, columns in indexes.items():
        op.drop_index(name, "annotations")
        op.create_index(name, "annotations", columns)

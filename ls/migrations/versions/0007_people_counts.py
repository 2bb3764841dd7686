"""Indexes in which a person's annotations per week are counted without reading the annotations."""

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


def upgrade() -> None:
    replace_indexes(COUNTED)


def downgrade() -> None:
    replace_indexes(BEFORE)


def replace_indexes(indexes: dict[str, list[str]]) -> None:
    for name, columns in indexes.items():
        op.drop_index(name, "annotations")
        op.create_index(name, "annotations", columns)

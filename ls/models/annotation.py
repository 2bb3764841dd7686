"""An annotation: the labels that one user gave to one task. Written by `ls.projects.annotations`."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ls.db.extensions import Base
from ls.db.types import NEVER_REUSE_IDS, UtcDateTime, utcnow
from ls.models.project import OfProject


class Annotation(OfProject, Base):
    """The labels that one user gave to one task. A cancelled one is a skip: it is kept, but not counted."""

    __tablename__ = "annotations"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), index=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    completed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    result: Mapped[list[Any]] = mapped_column(JSON, default=list)
    was_cancelled: Mapped[bool] = mapped_column(default=False)
    ground_truth: Mapped[bool] = mapped_column(default=False)
    lead_time: Mapped[float | None]
    unique_id: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    # The first finds a user's latest annotation in a project when one is deleted; charts are counted in both alone.
    __table_args__ = (
        Index("ix_annotations_project_author", "project_id", "completed_by_id", "created_at", "was_cancelled"),
        Index("ix_annotations_author", "completed_by_id", "created_at", "was_cancelled", "project_id"),
        NEVER_REUSE_IDS,
    )

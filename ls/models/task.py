"""A task: one item to label. Written by `ls.projects.tasks`."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ls.db.extensions import Base
from ls.db.types import NEVER_REUSE_IDS, UtcDateTime, utcnow
from ls.models.project import OfProject


class Task(OfProject, Base):
    """One item to label. `annotations_count` leaves out skipped annotations."""

    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    meta: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    annotations_count: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        Index("ix_tasks_project_id", "project_id", "id"),
        NEVER_REUSE_IDS,
    )

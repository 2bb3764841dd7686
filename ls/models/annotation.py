"""Tasks, their annotations, and who did how much where."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ls.clock import now
from ls.extensions import Base, db
from ls.models.types import NEVER_REUSE_IDS, UtcDateTime

if TYPE_CHECKING:
    from ls.models.project import Project
    from ls.models.user import User


class Task(Base):
    """One thing to label."""

    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    meta: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    annotations_count: Mapped[int] = mapped_column(default=0)

    project: Mapped[Project] = relationship()

    __table_args__ = (
        Index("ix_tasks_project_id", "project_id", "id"),
        NEVER_REUSE_IDS,
    )


class Annotation(Base):
    """What one person said about one task."""

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
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    task: Mapped[Task] = relationship()
    completed_by: Mapped[User] = relationship(foreign_keys=[completed_by_id])

    # Finds a person's latest annotation in a project when her last one goes.
    __table_args__ = (
        Index("ix_annotations_project_author", "project_id", "completed_by_id", "created_at"),
        Index("ix_annotations_author", "completed_by_id"),
        NEVER_REUSE_IDS,
    )


class Contribution(Base):
    """How much one person annotated in one project; kept in the transaction of the annotation."""

    __tablename__ = "contributions"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True, index=True)
    annotations_count: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()
    project: Mapped[Project] = relationship()

    @classmethod
    def totals(cls, user: User) -> tuple[int, int]:
        """How many annotations the person submitted, and in how many projects."""
        submitted = func.coalesce(func.sum(cls.annotations_count), 0)
        statement = select(submitted, func.count()).where(cls.user_id == user.id, cls.annotations_count > 0)
        annotations, projects = db.session.execute(statement).one()
        return int(annotations), int(projects)

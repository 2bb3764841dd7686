"""A project: what people create, and annotate in."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ls.clock import now
from ls.extensions import Base
from ls.models.types import NEVER_REUSE_IDS, UtcDateTime

if TYPE_CHECKING:
    from ls.models.user import User

TITLE_LENGTH = 255


class Project(Base):
    """A set of tasks. The counts are kept true by the verbs of Task and Annotation."""

    __tablename__ = "projects"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    description: Mapped[str] = mapped_column(Text, default="")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    label_config: Mapped[str] = mapped_column(Text, default="<View></View>")
    # Further fields of the API, kept as they came.
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    tasks_count: Mapped[int] = mapped_column(default=0)
    annotations_count: Mapped[int] = mapped_column(default=0)
    # The form's one-time key, so that a double click makes one project.
    form_key: Mapped[str | None] = mapped_column(String(64), unique=True)

    created_by: Mapped[User | None] = relationship()

    __table_args__ = (
        Index("ix_projects_created_by_id", "created_by_id", "id"),
        NEVER_REUSE_IDS,
    )

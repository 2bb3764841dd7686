"""What people did in a Label Studio that Roster reads: its projects, and who did how much. Written by `ls.linked`."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ls.db.extensions import Base
from ls.db.types import UtcDateTime
from ls.models.project import TITLE_LENGTH


class LinkedProject(Base):
    """A project of Label Studio, by its id there; its page is `url`."""

    __tablename__ = "linked_projects"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    url: Mapped[str] = mapped_column(String(500))
    annotations_count: Mapped[int]


class LinkedMember(Base):
    """How much somebody annotated there in all, and when they did something last."""

    __tablename__ = "linked_members"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    annotations_count: Mapped[int]
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LinkedRole(Base):
    """That somebody created one of these projects, contributed to it, or both."""

    __tablename__ = "linked_roles"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("linked_projects.id"), primary_key=True)
    has_created: Mapped[bool]
    has_contributed: Mapped[bool]

    __table_args__ = (Index("ix_linked_roles_project_id", "project_id", "has_created", "user_id"),)

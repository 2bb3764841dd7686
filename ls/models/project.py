"""A project: a set of tasks that members annotate."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from flask_babel import lazy_gettext as _l
from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, String, Text, exists, select, text
from sqlalchemy.orm import InstrumentedAttribute, Mapped, aliased, mapped_column, relationship

from ls.db.extensions import Base, db
from ls.db.types import NEVER_REUSE_IDS, UtcDateTime, utcnow
from ls.exceptions import InvalidFields, NotFound
from ls.exceptions import Text as Message
from ls.models.event import Event
from ls.names import visible
from ls.validation import BIGGEST_ID, is_line, is_text, json_problem

if TYPE_CHECKING:
    from ls.models.user import User

TITLE_LENGTH = 255
DESCRIPTION_LENGTH = 10_000
LABEL_CONFIG = "<View></View>"
KEPT = timedelta(days=30)  # how long a deleted project can be restored
FIELDS = frozenset({"title", "description", "label_config", "options"})

TITLE_MISSING = _l("Give the project a title.")
TITLE_LONG = _l("Use at most 255 characters.")
DESCRIPTION_LONG = _l("Use at most 10,000 characters.")
CONTROL = _l("Leave out control characters.")

_VISIBLE: Any = {"sqlite_where": text("deleted_at IS NULL"), "postgresql_where": text("deleted_at IS NULL")}
_HIDDEN: Any = {"sqlite_where": text("deleted_at IS NOT NULL"), "postgresql_where": text("deleted_at IS NOT NULL")}


class Project(Base):
    """A set of tasks. Its counts are kept by `ls.projects.counters`.

    A deleted project is hidden everywhere until it is restored or, after KEPT, purged by `ls.projects.deletion`.
    """

    __tablename__ = "projects"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    description: Mapped[str] = mapped_column(Text, default="")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    label_config: Mapped[str] = mapped_column(Text, default=LABEL_CONFIG)
    # Further fields of the API, stored as they were sent.
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    tasks_count: Mapped[int] = mapped_column(default=0)
    annotations_count: Mapped[int] = mapped_column(default=0)

    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    created_by: Mapped[User | None] = relationship(foreign_keys=[created_by_id])
    deleted_by: Mapped[User | None] = relationship(foreign_keys=[deleted_by_id])

    __table_args__ = (
        Index("ix_projects_created_by_id", "created_by_id", "id", **_VISIBLE),
        Index("ix_projects_visible", "id", **_VISIBLE),
        Index("ix_projects_deleted_at", "deleted_at", "id", **_HIDDEN),
        NEVER_REUSE_IDS,
    )

    @property
    def named(self) -> dict[str, Any]:
        """How events name the project, also when it is gone."""
        return {"project": self.id, "title": self.title}

    @classmethod
    def find(cls, row_id: int) -> Self:
        """The project of that id. Raises NotFound, for a deleted one too."""
        project = super().find(row_id)
        if project.deleted_at is not None:
            raise NotFound
        return project

    @classmethod
    def lock_for_update(cls, project_id: int, *, also_deleted: bool = False) -> Self:
        """The project, read again and locked until the transaction ends. Raises NotFound."""
        statement = select(cls).where(cls.id == project_id).with_for_update(key_share=True)
        statement = statement if also_deleted else statement.where(VISIBLE)
        statement = statement.execution_options(populate_existing=True)
        project = db.session.scalar(statement) if project_id <= BIGGEST_ID else None
        if project is None:
            raise NotFound
        return project

    @classmethod
    def create(cls, title: str, creator: User, description: str = "", **fields: Any) -> Self:
        """Create a project, inside `write()`. Raises InvalidFields."""
        project = cls(created_by_id=creator.id, **checked({"title": title, "description": description, **fields}))
        db.session.add(project)
        db.session.flush()
        Event.record("project_created", **project.named)
        return project

    @classmethod
    def latest(cls, creator: User, title: str) -> Self | None:
        """The latest project of this title that the user created, or None."""
        mine = select(cls).where(cls.created_by_id == creator.id, cls.title == title, VISIBLE)
        return db.session.scalar(mine.order_by(cls.id.desc()).limit(1))

    def change(self, **fields: Any) -> None:
        """Change title, description, label_config or options. Raises InvalidFields; TypeError for other fields."""
        before = self.title
        if changed := self.set_values(**checked(fields)):
            self.updated_at = utcnow()
            detail = self.named | ({"old_title": before} if "title" in changed else {})
            Event.record("project_changed", **detail, fields=sorted(changed))


# Every list of projects and every way to one is limited by this; for what belongs to a project, see below.
VISIBLE = Project.deleted_at.is_(None)


def in_visible_project(project_id: ColumnElement[int] | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """The condition of rows with this column that their project is not deleted."""
    owner = aliased(Project)  # the statement may read projects itself
    return exists().where(owner.id == project_id, owner.deleted_at.is_(None)).correlate_except(owner)


def restorable() -> ColumnElement[bool]:
    """The condition of deleted projects that can still be restored."""
    return Project.deleted_at > utcnow() - KEPT


class OfProject:
    """A row of a project: it is found only while the project is."""

    if TYPE_CHECKING:
        id: Any
        project_id: Any

    @classmethod
    def find(cls, row_id: int) -> Self:
        """The row of that id. Raises NotFound, also for one of a deleted project."""
        statement = select(cls).where(cls.id == row_id, in_visible_project(cls.project_id))
        found = db.session.scalar(statement) if row_id <= BIGGEST_ID else None
        if found is None:
            raise NotFound
        return found


def checked(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as they are stored. Raises InvalidFields, and TypeError for a field that may not be set."""
    if unknown := fields.keys() - FIELDS:
        raise TypeError(f"not fields of a project: {sorted(unknown)}")
    values = dict(fields)
    if "title" in values:
        values["title"] = visible(values["title"])
    errors = {name: [problem] for name, value in values.items() if (problem := _problem(name, value))}
    if errors:
        raise InvalidFields(errors)
    return values


def _problem(name: str, value: Any) -> Message | None:
    if name == "options":
        return json_problem(value)
    if name == "title" and not value:
        return TITLE_MISSING
    if name == "title" and len(value) > TITLE_LENGTH:
        return TITLE_LONG
    if name == "description" and len(value) > DESCRIPTION_LENGTH:
        return DESCRIPTION_LONG
    can_be_stored = is_line if name == "title" else is_text
    return None if can_be_stored(value) else CONTROL

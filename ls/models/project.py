"""A project: what people create, and annotate in."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from flask_babel import lazy_gettext as _l
from sqlalchemy import JSON, ForeignKey, Index, String, Text, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ls.db.extensions import Base, db
from ls.db.types import NEVER_REUSE_IDS, UtcDateTime, utcnow
from ls.exceptions import InvalidFields, NotFound
from ls.exceptions import Text as Message
from ls.models.organization import Organization
from ls.validation import BIGGEST_ID, json_problem, text_problem

if TYPE_CHECKING:
    from ls.models.user import User

TITLE_LENGTH = 255
DESCRIPTION_LENGTH = 10_000
LABEL_CONFIG = "<View></View>"
FIELDS = frozenset({"title", "description", "label_config", "options"})

TITLE_MISSING = _l("Give the project a title.")
TITLE_LONG = _l("Use at most 255 characters.")
DESCRIPTION_LONG = _l("Use at most 10,000 characters.")
CONTROL = _l("Leave out control characters.")


class Project(Base):
    """A set of tasks. The counts are kept true by the verbs of Task and Annotation."""

    __tablename__ = "projects"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    description: Mapped[str] = mapped_column(Text, default="")
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    label_config: Mapped[str] = mapped_column(Text, default=LABEL_CONFIG)
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

    @classmethod
    def find(cls, project_id: int) -> Self:
        """The project of that id. Raises NotFound."""
        found = db.session.get(cls, project_id) if 0 < project_id <= BIGGEST_ID else None
        if found is None:
            raise NotFound
        return found

    @classmethod
    def lock(cls, project_id: int) -> Self:
        """The project as it is now, held until the transaction ends, so that its counts move one by one.

        Every verb that moves a count holds its project first, which also rules out deadlocks. Raises NotFound.
        """
        wanted = select(cls).where(cls.id == project_id).with_for_update(key_share=True)
        found = db.session.scalar(wanted.execution_options(populate_existing=True))
        if found is None:
            raise NotFound
        return found

    @classmethod
    def create(
        cls, title: str, creator: User, description: str = "", *, form_key: str | None = None, **fields: Any
    ) -> Self:
        """Make a project, inside `write()`. Raises InvalidFields.

        The same form sent twice, told by its `form_key`, makes one project, which is returned again.
        """
        values = checked({"title": title, "description": description, **fields})
        key = _once(form_key, creator, values)
        if key and (present := cls._by_form_key(key)):
            return present
        project = cls(created_by_id=creator.id, form_key=key, **values)
        db.session.add(project)
        db.session.flush()
        return project

    @classmethod
    def _by_form_key(cls, key: str) -> Self | None:
        Organization.lock()  # on PostgreSQL two clicks may arrive at the same moment
        return db.session.scalar(select(cls).where(cls.form_key == key))

    def change(self, **fields: Any) -> None:
        """Write these of title, description, label_config, options. Raises InvalidFields; TypeError for others."""
        values = checked(fields)
        changed = [name for name, value in values.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, values[name])
        if changed:
            self.updated_at = utcnow()

    def remove(self) -> None:
        """Delete the project with its tasks, annotations and everybody's contributions. Raises NotFound."""
        # Imported here because they all know the project.
        from ls.models.annotation import Annotation
        from ls.models.contribution import Contribution
        from ls.models.task import Task

        project = Project.lock(self.id)
        for part in (Annotation, Task, Contribution):  # children first: a cascade row by row would be slow
            db.session.execute(
                delete(part).where(part.project_id == project.id), execution_options={"synchronize_session": False}
            )
        db.session.delete(project)
        db.session.flush()


def checked(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as they are kept. Raises InvalidFields, and TypeError for a field nobody may set."""
    if strange := fields.keys() - FIELDS:
        raise TypeError(f"not the project's to set: {sorted(strange)}")
    values = dict(fields)
    if "title" in values:
        values["title"] = values["title"].strip()
    problems = {name: _problem(name, value) for name, value in values.items()}
    errors = {name: [problem] for name, problem in problems.items() if problem}
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
    control = set(map(chr, range(32))) - (set() if name == "title" else set("\t\n\r"))
    return CONTROL if text_problem(value) or control & set(value) else None


def _once(form_key: str | None, creator: User, values: dict[str, Any]) -> str | None:
    # What was typed is part of it: who goes back and types another title wants another project.
    if not form_key:
        return None
    said = "\0".join((str(creator.id), form_key, values["title"], values["description"]))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()

"""A task: one thing to label."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from sqlalchemy import JSON, ForeignKey, Index, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ls.db.extensions import Base, db
from ls.db.types import NEVER_REUSE_IDS, UtcDateTime, utcnow
from ls.exceptions import InvalidFields, NotFound
from ls.models.project import Project
from ls.models.user import User
from ls.validation import BIGGEST_ID, json_problem

FIELDS = frozenset({"data", "meta"})
CHUNK = 5000


class Task(Base):
    """One thing to label. `annotations_count` is of those that were not skipped."""

    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    meta: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    annotations_count: Mapped[int] = mapped_column(default=0)

    project: Mapped[Project] = relationship()

    __table_args__ = (
        Index("ix_tasks_project_id", "project_id", "id"),
        NEVER_REUSE_IDS,
    )

    @classmethod
    def find(cls, task_id: int) -> Self:
        """The task of that id. Raises NotFound."""
        found = db.session.get(cls, task_id) if 0 < task_id <= BIGGEST_ID else None
        if found is None:
            raise NotFound
        return found

    @classmethod
    def create(
        cls, project: Project, data: dict[str, Any], creator: User | None, meta: dict[str, Any] | None = None
    ) -> Self:
        """Add a task to the project, inside `write()`. Raises InvalidFields, NotFound."""
        _check({"data": data, "meta": meta})
        project = Project.lock(project.id)
        task = cls(project_id=project.id, data=data, meta=meta, created_by_id=creator.id if creator else None)
        db.session.add(task)
        project.tasks_count += 1
        db.session.flush()
        return task

    @classmethod
    def create_many(cls, project: Project, rows: Sequence[dict[str, Any]], creator: User | None) -> list[int]:
        """Add many, each row with `data` and perhaps `meta`, checked by the caller; their ids, in order."""
        project = Project.lock(project.id)
        moment, creator_id = utcnow(), creator.id if creator else None
        common = {"project_id": project.id, "created_by_id": creator_id, "created_at": moment, "updated_at": moment}
        table = cls.metadata.tables[cls.__tablename__]
        adding = insert(table).returning(table.c.id, sort_by_parameter_order=True)
        ids: list[int] = []
        for start in range(0, len(rows), CHUNK):
            chunk = [{"meta": None, "annotations_count": 0, **row, **common} for row in rows[start : start + CHUNK]]
            ids += db.session.scalars(adding, chunk)
        project.tasks_count += len(ids)
        db.session.flush()
        return ids

    def change(self, **fields: Any) -> None:
        """Write data, meta or both. Raises InvalidFields; TypeError for another field."""
        if strange := fields.keys() - FIELDS:
            raise TypeError(f"not the task's to set: {sorted(strange)}")
        _check(fields)
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, fields[name])
        if changed:
            self.updated_at = utcnow()

    def remove(self) -> None:
        """Delete the task and its annotations; whoever made them has that many fewer. Raises NotFound."""
        Task.remove_many([self.id])

    @classmethod
    def remove_many(cls, ids: Sequence[int]) -> int:
        """Delete these tasks and their annotations; how many there were. Raises NotFound if there was none."""
        from ls.models.annotation import Annotation  # knows the task

        projects = db.session.scalars(select(cls.project_id).where(cls.id.in_(ids)).distinct())
        removed = 0
        for project_id in sorted(projects):
            Project.lock(project_id)
            removed += cls._remove_from(project_id, ids, Annotation)
        if not removed:
            raise NotFound
        return removed

    @classmethod
    def _remove_from(cls, project_id: int, ids: Sequence[int], annotation: Any) -> int:
        mine = select(cls.id).where(cls.id.in_(ids), cls.project_id == project_id)
        annotation.forget(project_id, annotation.task_id.in_(mine))
        doomed = delete(cls).where(cls.id.in_(ids), cls.project_id == project_id).returning(cls.id)
        gone = len(db.session.scalars(doomed, execution_options={"synchronize_session": False}).all())
        db.session.execute(
            update(Project).where(Project.id == project_id).values(tasks_count=Project.tasks_count - gone)
        )
        return gone


def _check(fields: dict[str, Any]) -> None:
    errors = {name: [problem] for name, value in fields.items() if (problem := json_problem(value))}
    if not isinstance(fields.get("data", {}), dict):
        errors["data"] = ["must be an object"]
    if errors:
        raise InvalidFields(errors)

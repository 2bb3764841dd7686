"""An annotation: what one person said about one task."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Self

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, String, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ls.db.extensions import Base, db
from ls.db.types import NEVER_REUSE_IDS, UtcDateTime, utcnow
from ls.exceptions import InvalidFields, NotFound
from ls.models.contribution import Contribution, Work
from ls.models.project import Project
from ls.models.task import Task
from ls.models.user import User
from ls.validation import BIGGEST_ID, json_problem

FIELDS = frozenset({"result", "was_cancelled", "ground_truth", "lead_time"})
CHUNK = 5000
_KEYS = itemgetter("project_id", "task_id", "completed_by_id", "created_at")


class Annotation(Base):
    """What one person said about one task. One that was cancelled is a skip: it is kept, but does not count."""

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

    task: Mapped[Task] = relationship()
    completed_by: Mapped[User] = relationship(foreign_keys=[completed_by_id])

    # Finds a person's latest annotation in a project when her last one goes.
    __table_args__ = (
        Index("ix_annotations_project_author", "project_id", "completed_by_id", "created_at"),
        Index("ix_annotations_author", "completed_by_id"),
        NEVER_REUSE_IDS,
    )

    @classmethod
    def find(cls, annotation_id: int) -> Self:
        """The annotation of that id. Raises NotFound."""
        found = db.session.get(cls, annotation_id) if 0 < annotation_id <= BIGGEST_ID else None
        if found is None:
            raise NotFound
        return found

    @classmethod
    def create(cls, task: Task, author: User, result: list[Any], **fields: Any) -> Self:
        """Keep what the author said, inside `write()`; fields: was_cancelled, ground_truth, lead_time.

        Raises InvalidFields, NotFound; TypeError for another field.
        """
        _check({"result": result, **fields})
        task_id, author_id = task.id, author.id
        project = Project.lock(task.project_id)
        if db.session.scalar(select(Task.id).where(Task.id == task_id)) is None:
            raise NotFound
        annotation = cls(
            task_id=task_id,
            project_id=project.id,
            completed_by_id=author_id,
            updated_by_id=author_id,
            result=result,
            unique_id=str(uuid.uuid4()),
            **fields,
        )
        db.session.add(annotation)
        db.session.flush()
        Contribution.add(annotation._work())
        return annotation

    @classmethod
    def create_on(cls, task_ids: Sequence[int], author: User, result: list[Any], **fields: Any) -> list[int]:
        """Keep the same said about many tasks, as `create` does; their ids, in order. Raises InvalidFields."""
        _check({"result": result, **fields})
        author_id, mine = author.id, select(Task.id, Task.project_id).where(Task.id.in_(task_ids))
        for project_id in sorted({found.project_id for found in db.session.execute(mine)}):
            Project.lock(project_id)
        projects = {found.id: found.project_id for found in db.session.execute(mine)}  # as they are now
        for task_id in task_ids:
            if task_id not in projects:
                raise InvalidFields({"tasks": [f'Invalid pk "{task_id}" - object does not exist.']})
        same = {"completed_by_id": author_id, "result": result, **fields}
        return cls.create_many([{"task_id": one, "project_id": projects[one], **same} for one in task_ids])

    @classmethod
    def create_many(cls, rows: Sequence[dict[str, Any]]) -> list[int]:
        """Keep many, checked by the caller: task_id, project_id, completed_by_id, result and any other column.

        Their ids, in order.
        """
        for project_id in sorted({row["project_id"] for row in rows}):
            Project.lock(project_id)
        moment, table = utcnow(), cls.metadata.tables[cls.__tablename__]
        adding, ids = insert(table).returning(table.c.id, sort_by_parameter_order=True), list[int]()
        for start in range(0, len(rows), CHUNK):
            full = [_complete(row, moment) for row in rows[start : start + CHUNK]]
            ids += db.session.scalars(adding, full)
            Contribution.add([Work(*_KEYS(row)) for row in full if not row["was_cancelled"]])
        return ids

    def change(self, by: User, **fields: Any) -> None:
        """Write these of result, was_cancelled, ground_truth, lead_time; the author stays who she is.

        Raises InvalidFields, NotFound; TypeError for another field.
        """
        _check(fields)
        by_id, before = by.id, self._hold()
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        if not changed:
            return
        for name in changed:
            setattr(self, name, fields[name])
        self.updated_at, self.updated_by_id = utcnow(), by_id
        db.session.flush()
        if "was_cancelled" in changed:
            Contribution.subtract(before)
            Contribution.add(self._work())

    def remove(self) -> None:
        """Delete it; its author has one fewer. Raises NotFound."""
        Annotation.remove_many([self.id])

    @classmethod
    def remove_many(cls, ids: Sequence[int]) -> int:
        """Delete these; how many there were. Raises NotFound if there was none."""
        removed = 0
        projects = db.session.scalars(select(cls.project_id).where(cls.id.in_(ids)).distinct())
        for project_id in sorted(projects):
            Project.lock(project_id)
            removed += cls.forget(project_id, cls.id.in_(ids))
        if not removed:
            raise NotFound
        return removed

    @classmethod
    def forget(cls, project_id: int, which: ColumnElement[bool]) -> int:
        """Delete those of the project, which the caller holds, and count them out; how many there were."""
        doomed = (
            delete(cls)
            .where(cls.project_id == project_id, which)
            .returning(cls.project_id, cls.task_id, cls.completed_by_id, cls.was_cancelled)
        )
        gone = db.session.execute(doomed, execution_options={"synchronize_session": False}).all()
        Contribution.subtract(
            [Work(row.project_id, row.task_id, row.completed_by_id) for row in gone if not row.was_cancelled]
        )
        return len(gone)

    def _hold(self) -> list[Work]:
        """Hold the project, read this row again, and say what it counts for now."""
        Project.lock(self.project_id)
        again = select(Annotation).where(Annotation.id == self.id).execution_options(populate_existing=True)
        if db.session.scalar(again) is None:
            raise NotFound
        return self._work()

    def _work(self) -> list[Work]:
        if self.was_cancelled:
            return []
        return [Work(self.project_id, self.task_id, self.completed_by_id, self.created_at)]


def _complete(row: dict[str, Any], moment: datetime) -> dict[str, Any]:
    """The row with every column, as one statement for many needs it."""
    created_at = row.get("created_at") or moment
    return {
        "result": [],
        "was_cancelled": False,
        "ground_truth": False,
        "lead_time": None,
        "updated_at": created_at,
        "updated_by_id": row["completed_by_id"],
        **row,
        "unique_id": row.get("unique_id") or str(uuid.uuid4()),
        "created_at": created_at,
    }


def _check(fields: dict[str, Any]) -> None:
    if strange := fields.keys() - FIELDS:
        raise TypeError(f"not the annotation's to set: {sorted(strange)}")
    errors = {name: [problem] for name, value in fields.items() if (problem := json_problem(value))}
    if not isinstance(fields.get("result", []), list):
        errors["result"] = ["must be a list"]
    if errors:
        raise InvalidFields(errors)

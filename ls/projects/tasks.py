"""Creates, changes and deletes tasks, with their counters, inside `write()`. Lock order: see counters.py."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy import delete as delete_from

from ls.db.extensions import db
from ls.db.types import utcnow
from ls.exceptions import InvalidFields, NotFound
from ls.models import Annotation, Event, Project, Task, User
from ls.projects import annotations
from ls.validation import json_problem

FIELDS = frozenset({"data", "meta"})
CHUNK = 5000


def create(project: Project, data: dict[str, Any], creator: User | None, meta: dict[str, Any] | None = None) -> int:
    """Add a task to the project; returns its id. Raises InvalidFields, NotFound."""
    _check({"data": data, "meta": meta})
    return create_many(project, [{"data": data, "meta": meta}], creator)[0]


def create_many(project: Project, rows: Sequence[dict[str, Any]], creator: User | None) -> list[int]:
    """Add many tasks; the caller has checked each row's `data` and `meta`. Returns the ids in order."""
    project = Project.lock_for_update(project.id)
    now, creator_id = utcnow(), creator.id if creator else None
    common = {"project_id": project.id, "created_by_id": creator_id, "created_at": now, "updated_at": now}
    table = Task.metadata.tables[Task.__tablename__]
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    ids: list[int] = []
    for start in range(0, len(rows), CHUNK):
        chunk = [{"meta": None, "annotations_count": 0, **row, **common} for row in rows[start : start + CHUNK]]
        ids += db.session.scalars(statement, chunk)
    project.tasks_count += len(ids)
    db.session.flush()
    return ids


def change(task: Task, **fields: Any) -> None:
    """Change data, meta or both. Raises InvalidFields, NotFound; TypeError for another field."""
    if unknown := fields.keys() - FIELDS:
        raise TypeError(f"not fields of a task: {sorted(unknown)}")
    _check(fields)
    Project.lock_for_update(task.project_id)
    statement = select(Task).where(Task.id == task.id).execution_options(populate_existing=True)
    if db.session.scalar(statement) is None:
        raise NotFound
    if task.set_values(**fields):
        task.updated_at = utcnow()


def delete(task: Task) -> None:
    """Delete the task and its annotations. Raises NotFound if another request has deleted it."""
    if not delete_matching(task.project_id, [Task.id == task.id]):
        raise NotFound


def delete_matching(project_id: int, wanted: Sequence[ColumnElement[bool]]) -> int:
    """Delete the tasks of the project that meet these conditions, with their annotations, and record it.

    Returns how many tasks there were. Raises NotFound for an unknown or deleted project.
    """
    project = Project.lock_for_update(project_id)
    ids = db.session.scalars(select(Task.id).where(Task.project_id == project.id, *wanted)).all()
    if ids:
        annotated = sum(_delete(project, ids[start : start + CHUNK]) for start in range(0, len(ids), CHUNK))
        Event.record("tasks_deleted", **project.named, tasks=len(ids), annotations=annotated)
    return len(ids)


def _delete(project: Project, ids: Sequence[int]) -> int:
    """Delete these tasks of the locked project; returns how many annotations they had."""
    annotated = annotations.delete_of_project(project.id, Annotation.task_id.in_(ids))
    db.session.execute(delete_from(Task).where(Task.id.in_(ids)), execution_options={"synchronize_session": False})
    project.tasks_count -= len(ids)
    return annotated


def _check(fields: dict[str, Any]) -> None:
    if errors := {name: [problem] for name, value in fields.items() if (problem := json_problem(value))}:
        raise InvalidFields(errors)

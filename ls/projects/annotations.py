"""Creates, changes and deletes annotations, with their counters, inside `write()`. Lock order: see counters.py."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy import delete as delete_from

from ls.db.extensions import db
from ls.db.types import utcnow
from ls.exceptions import InvalidFields, NotFound
from ls.models import Annotation, Event, Project, Task, User
from ls.models.project import in_visible_project
from ls.projects import counters
from ls.projects.counters import Counted
from ls.validation import json_problem

FIELDS = frozenset({"result", "was_cancelled", "ground_truth", "lead_time"})
CHUNK = 5000


def create(task: Task, author: User, result: list[Any], **fields: Any) -> int:
    """Create an annotation; fields: was_cancelled, ground_truth, lead_time. Returns its id.

    Raises InvalidFields, NotFound; TypeError for another field.
    """
    _check({"result": result, **fields})
    row = {"task_id": task.id, "project_id": task.project_id, "completed_by_id": author.id, "result": result, **fields}
    Project.lock_for_update(task.project_id)
    if db.session.scalar(select(Task.id).where(Task.id == task.id)) is None:
        raise NotFound
    return _insert([row])[0]


def create_on_tasks(task_ids: Sequence[int], author: User, result: list[Any], **fields: Any) -> list[int]:
    """Create the same annotation on each of these tasks; returns the ids in order. Raises InvalidFields."""
    _check({"result": result, **fields})
    visible = (Task.id.in_(task_ids), in_visible_project(Task.project_id))
    statement = select(Task.id, Task.project_id).where(*visible)
    _lock_projects({task.project_id for task in db.session.execute(statement)})
    projects = {task.id: task.project_id for task in db.session.execute(statement)}  # read again under the lock
    for task_id in task_ids:
        if task_id not in projects:
            raise InvalidFields({"tasks": [f'Invalid pk "{task_id}" - object does not exist.']})
    common = {"completed_by_id": author.id, "result": result, **fields}
    return _insert([{"task_id": task_id, "project_id": projects[task_id], **common} for task_id in task_ids])


def create_many(rows: Sequence[dict[str, Any]]) -> list[int]:
    """Create many annotations from rows that the caller has checked; returns the ids in order.

    A row has task_id, project_id, completed_by_id, result, and any other column.
    """
    _lock_projects({row["project_id"] for row in rows})
    return _insert(rows)


def _insert(rows: Sequence[dict[str, Any]]) -> list[int]:
    now, table, ids = utcnow(), Annotation.metadata.tables[Annotation.__tablename__], list[int]()
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    for start in range(0, len(rows), CHUNK):
        complete = [_complete(row, now) for row in rows[start : start + CHUNK]]
        ids += db.session.scalars(statement, complete)
        counted = [row for row in complete if not row["was_cancelled"]]
        counters.add([Counted(*(row[name] for name in Counted._fields)) for row in counted])
    return ids


def change(annotation: Annotation, by: User, **fields: Any) -> None:
    """Change result, was_cancelled, ground_truth or lead_time; the author stays the same.

    Raises InvalidFields, NotFound; TypeError for another field.
    """
    _check(fields)
    Project.lock_for_update(annotation.project_id)
    statement = select(Annotation).where(Annotation.id == annotation.id).execution_options(populate_existing=True)
    if db.session.scalar(statement) is None:
        raise NotFound
    before = _counted(annotation)
    changed = annotation.set_values(**fields)
    if not changed:
        return
    annotation.updated_at, annotation.updated_by_id = utcnow(), by.id
    db.session.flush()
    if "was_cancelled" in changed:
        counters.subtract(before)
        counters.add(_counted(annotation))


def delete(annotation: Annotation) -> None:
    """Delete the annotation. Raises NotFound if another request has deleted it."""
    delete_many([annotation.id])


def delete_many(ids: Sequence[int]) -> int:
    """Delete these annotations, and record it; returns how many there were. Raises NotFound if there was none."""
    which, visible = Annotation.id.in_(ids), in_visible_project(Annotation.project_id)
    deleted = 0
    for project in _lock_projects(db.session.scalars(select(Annotation.project_id).where(which, visible).distinct())):
        if count := delete_of_project(project.id, which):
            Event.record("annotations_deleted", **project.named, annotations=count)
        deleted += count
    if not deleted:
        raise NotFound
    return deleted


def delete_of_project(project_id: int, which: ColumnElement[bool]) -> int:
    """Delete those annotations of a project that the caller has locked; returns how many there were."""
    statement = (
        delete_from(Annotation)
        .where(Annotation.project_id == project_id, which)
        .returning(Annotation.task_id, Annotation.completed_by_id, Annotation.was_cancelled)
    )
    rows = db.session.execute(statement, execution_options={"synchronize_session": False}).all()
    counters.subtract([Counted(project_id, row.task_id, row.completed_by_id) for row in rows if not row.was_cancelled])
    return len(rows)


def _lock_projects(ids: Iterable[int]) -> list[Project]:
    return [Project.lock_for_update(project_id) for project_id in sorted(ids)]


def _counted(annotation: Annotation) -> list[Counted]:
    if annotation.was_cancelled:
        return []
    return [Counted(annotation.project_id, annotation.task_id, annotation.completed_by_id, annotation.created_at)]


def _complete(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The row with every column, as one statement for many rows needs it."""
    created_at = row.get("created_at") or now
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
    if unknown := fields.keys() - FIELDS:
        raise TypeError(f"not fields of an annotation: {sorted(unknown)}")
    if errors := {name: [problem] for name, value in fields.items() if (problem := json_problem(value))}:
        raise InvalidFields(errors)

"""The counters: how many annotations each task, project and contribution has.

They are changed in the transaction of the annotations themselves, and always equal a recount.

Lock order of everything in `ls.projects`, which rules out deadlocks: organization, user, then projects in order of
their ids. Tasks, annotations, contributions and counters are written only while their project is locked.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ScalarSelect, case, delete, func, insert, select, update

from ls.db.extensions import db
from ls.db.types import utcnow
from ls.db.upsert import insert_into
from ls.models import Annotation, Contribution, Project, Task
from ls.models.project import VISIBLE, in_visible_project

CHUNK = 1000  # ids in one statement; SQLite takes 32,766


class Counted(NamedTuple):
    """An annotation that counts, because it was not cancelled."""

    project_id: int
    task_id: int
    completed_by_id: int
    created_at: datetime | None = None


def contribution_totals(user_id: int) -> tuple[int, int]:
    """How many annotations the user submitted, and in how many projects."""
    submitted = func.coalesce(func.sum(Contribution.annotations_count), 0)
    statement = select(submitted, func.count()).where(
        Contribution.user_id == user_id,
        Contribution.annotations_count > 0,
        in_visible_project(Contribution.project_id),
    )
    annotations, projects = db.session.execute(statement).one()
    return int(annotations), int(projects)


def add(annotations: Sequence[Counted]) -> None:
    """Count annotations that have been inserted; the caller has locked their projects."""
    if not annotations:
        return
    _change_counts(annotations, 1)
    latest: dict[tuple[int, int], datetime] = {}
    for annotation in annotations:
        key, created_at = (annotation.completed_by_id, annotation.project_id), annotation.created_at or utcnow()
        latest[key] = max(latest.get(key, created_at), created_at)
    names = ("user_id", "project_id", "annotations_count", "last_at")
    counts = sorted(_by_contribution(annotations).items())
    db.session.execute(_upsert(), [dict(zip(names, (*key, count, latest[key]), strict=True)) for key, count in counts])


def subtract(annotations: Sequence[Counted]) -> None:
    """Stop counting annotations that have been deleted; the caller has locked their projects."""
    if not annotations:
        return
    _change_counts(annotations, -1)
    for (user_id, project_id), count in sorted(_by_contribution(annotations).items()):
        this_one = (Contribution.user_id == user_id, Contribution.project_id == project_id)
        _execute(delete(Contribution).where(*this_one, Contribution.annotations_count <= count))
        fewer = {"annotations_count": Contribution.annotations_count - count}
        _execute(update(Contribution).where(*this_one).values(**fewer, last_at=_last_at(user_id, project_id)))


def rebuild(project_id: int | None = None) -> int:
    """Recount one project or all of them; returns how many."""
    statement = select(Project.id).where(VISIBLE).order_by(Project.id)
    if project_id is not None:
        statement = statement.where(Project.id == project_id)
    ids = db.session.scalars(statement).all()
    for found in ids:
        recount(Project.lock_for_update(found))
    return len(ids)


def recount(project: Project) -> None:
    """Count the annotations of one project again; the caller has locked it."""
    counted = (Annotation.project_id == project.id, Annotation.was_cancelled.is_(False))
    _execute(delete(Contribution).where(Contribution.project_id == project.id))
    sums = (
        select(Annotation.completed_by_id, Annotation.project_id, func.count(), func.max(Annotation.created_at))
        .where(*counted)
        .group_by(Annotation.completed_by_id, Annotation.project_id)
    )
    _execute(insert(Contribution).from_select(["user_id", "project_id", "annotations_count", "last_at"], sums))
    of_task = select(func.count()).where(Annotation.task_id == Task.id, Annotation.was_cancelled.is_(False))
    _execute(update(Task).where(Task.project_id == project.id).values(annotations_count=of_task.scalar_subquery()))
    project.tasks_count = db.session.scalar(select(func.count()).where(Task.project_id == project.id)) or 0
    project.annotations_count = db.session.scalar(select(func.count()).where(*counted)) or 0
    db.session.flush()


def _by_contribution(annotations: Sequence[Counted]) -> Counter[tuple[int, int]]:
    return Counter((annotation.completed_by_id, annotation.project_id) for annotation in annotations)


def _change_counts(annotations: Sequence[Counted], sign: int) -> None:
    """Change the counts of the projects and tasks: tasks whose count changes alike in one statement."""
    for project_id, count in sorted(Counter(annotation.project_id for annotation in annotations).items()):
        changed = Project.annotations_count + sign * count
        _execute(update(Project).where(Project.id == project_id).values(annotations_count=changed))
    tasks = defaultdict(list)
    for task_id, count in Counter(annotation.task_id for annotation in annotations).items():
        tasks[count].append(task_id)
    for count, ids in tasks.items():
        for start in range(0, len(ids), CHUNK):
            chunk = update(Task).where(Task.id.in_(ids[start : start + CHUNK]))
            _execute(chunk.values(annotations_count=Task.annotations_count + sign * count))


def _upsert() -> Any:
    table = Contribution.metadata.tables[Contribution.__tablename__]
    statement = insert_into(table, db.engine.dialect.name)
    new = statement.excluded
    later = case((new.last_at > table.c.last_at, new.last_at), else_=table.c.last_at)
    return statement.on_conflict_do_update(
        index_elements=["user_id", "project_id"],
        set_={"annotations_count": table.c.annotations_count + new.annotations_count, "last_at": later},
    )


def _last_at(user_id: int, project_id: int) -> ScalarSelect[Any]:
    """When the user's latest annotation in the project was created, read from the end of its index."""
    mine = (Annotation.project_id == project_id, Annotation.completed_by_id == user_id)
    created = select(Annotation.created_at).where(*mine, Annotation.was_cancelled.is_(False))
    return created.order_by(Annotation.created_at.desc()).limit(1).scalar_subquery()


def _execute(statement: Any) -> None:
    db.session.execute(statement, execution_options={"synchronize_session": False})

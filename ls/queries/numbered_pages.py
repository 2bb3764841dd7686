"""Lists of the API that are read by page number: projects, tasks with their annotations, events."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased, joinedload

from ls.db.extensions import db
from ls.models import Annotation, Event, Project, Task, User
from ls.models.project import VISIBLE, in_visible_project, restorable


class EventFilter(NamedTuple):
    """Which events; None: any."""

    actor_id: int | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def list_projects(title: str, ordering: str, offset: int, limit: int) -> tuple[Sequence[Project], int]:
    """Projects with this text in their title, with their creators, and how many there are in all.

    `ordering` is a column, descending after a `-`.
    """
    statement = select(Project).where(VISIBLE)
    if title:
        statement = statement.where(Project.title.icontains(title, autoescape=True))
    columns = (getattr(Project, ordering.removeprefix("-")), Project.id)
    order = [column.desc() if ordering.startswith("-") else column for column in columns]
    page = statement.order_by(*order).offset(offset).limit(limit).options(joinedload(Project.created_by))
    return db.session.scalars(page).all(), _count(statement)


def list_deleted_projects(offset: int, limit: int) -> tuple[Sequence[Project], int]:
    """Those that can be restored, the latest deleted first, with those who deleted them, and how many in all."""
    statement = select(Project).where(restorable())
    page = statement.order_by(Project.deleted_at.desc(), Project.id.desc()).offset(offset).limit(limit)
    return db.session.scalars(page.options(joinedload(Project.deleted_by))).all(), _count(statement)


def list_tasks(project_id: int | None, offset: int, limit: int, *, annotated: bool) -> Sequence[Task]:
    """The tasks of a project or of all, the oldest first; `annotated` leaves out those without annotations."""
    return db.session.scalars(_tasks(project_id, annotated).order_by(Task.id).offset(offset).limit(limit)).all()


def count_tasks(project_id: int | None, *, annotated: bool) -> tuple[int, int]:
    """How many tasks `list_tasks` has in all, and how many annotations their projects have."""
    statement = select(func.sum(Project.tasks_count), func.sum(Project.annotations_count)).where(VISIBLE)
    if project_id is not None:
        statement = statement.where(Project.id == project_id)
    tasks, annotations = db.session.execute(statement).one()
    return _count(_tasks(project_id, annotated)) if annotated else tasks or 0, annotations or 0


def _tasks(project_id: int | None, annotated: bool) -> Select[Task]:
    statement = select(Task).where(in_visible_project(Task.project_id))
    if project_id is not None:
        statement = statement.where(Task.project_id == project_id)
    return statement.where(Task.annotations_count > 0) if annotated else statement


def annotations_of(task_ids: Sequence[int]) -> dict[int, list[Annotation]]:
    """The annotations of these tasks by task, the oldest first."""
    found: dict[int, list[Annotation]] = {}
    if task_ids:
        statement = select(Annotation).where(Annotation.task_id.in_(task_ids)).order_by(Annotation.id)
        for annotation in db.session.scalars(statement):
            found.setdefault(annotation.task_id, []).append(annotation)
    return found


_ACTOR, _TARGET = aliased(User), aliased(User)
_EVENTS = (
    select(
        *(Event.id, Event.at, Event.kind, Event.actor_id, Event.target_id, Event.address, Event.agent, Event.detail),
        func.coalesce(_ACTOR.email, "").label("actor_email"),
        func.coalesce(_TARGET.email, "").label("target_email"),
    )
    .outerjoin(_ACTOR, _ACTOR.id == Event.actor_id)
    .outerjoin(_TARGET, _TARGET.id == Event.target_id)
)


def list_events(wanted: EventFilter, offset: int, limit: int, *, oldest_first: bool = False) -> list[dict[str, Any]]:
    """Events with the emails of actor and target, the newest first."""
    order = Event.id.asc() if oldest_first else Event.id.desc()
    statement = _EVENTS.where(*_conditions(wanted)).order_by(order).offset(offset).limit(limit)
    return [row._asdict() for row in db.session.execute(statement)]


def count_events(wanted: EventFilter) -> int:
    """How many events `list_events` has in all."""
    return _count(select(Event.id).where(*_conditions(wanted)))


def _conditions(wanted: EventFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.actor_id is not None:
        yield Event.actor_id == wanted.actor_id
    if wanted.kind is not None:
        yield Event.kind == wanted.kind
    if wanted.since is not None:
        yield Event.at >= wanted.since
    if wanted.until is not None:
        yield Event.at <= wanted.until


def _count(statement: Select[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0

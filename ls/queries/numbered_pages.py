"""Lists of the API that are read by page number: projects, tasks with their annotations, events."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from ls.db.extensions import db
from ls.models import Annotation, Event, Project, Task, User
from ls.models.event import without_changes
from ls.models.project import VISIBLE, in_visible_project, restorable


class EventFilter(NamedTuple):
    """Which events; None: any."""

    actor_id: int | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class ProjectFilter(NamedTuple):
    """Which projects: by a text in the title, or in title or description; `ids`: only these."""

    title: str = ""
    search: str = ""
    ids: Sequence[int] | None = None


def list_projects(wanted: ProjectFilter, ordering: str, offset: int, limit: int) -> tuple[Sequence[Project], int]:
    """The projects of the filter, with their creators, and how many there are in all.

    `ordering` is a column, descending after a `-`.
    """
    statement = select(Project).where(VISIBLE, *_of_projects(wanted))
    columns = (getattr(Project, ordering.removeprefix("-")), Project.id)
    order = [column.desc() if ordering.startswith("-") else column for column in columns]
    page = statement.order_by(*order).offset(offset).limit(limit).options(joinedload(Project.created_by))
    return db.session.scalars(page).all(), _count(statement)


def _of_projects(wanted: ProjectFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.title:
        yield Project.title.icontains(wanted.title, autoescape=True)
    if wanted.search:
        columns = (Project.title, Project.description)
        yield or_(*(column.icontains(wanted.search, autoescape=True) for column in columns))
    if wanted.ids is not None:
        yield Project.id.in_(wanted.ids)


def list_deleted_projects(offset: int, limit: int) -> tuple[Sequence[Project], int]:
    """Those that can be restored, the latest deleted first, with those who deleted them, and how many in all."""
    statement = select(Project).where(restorable())
    page = statement.order_by(Project.deleted_at.desc(), Project.id.desc()).offset(offset).limit(limit)
    return db.session.scalars(page.options(joinedload(Project.deleted_by))).all(), _count(statement)


def list_tasks(
    project_id: int | None,
    offset: int,
    limit: int,
    wanted: Sequence[ColumnElement[bool]] = (),
    order: Sequence[ColumnElement[Any]] = (),
) -> Sequence[Task]:
    """The tasks of a project or of all that meet these conditions, in this order, then the oldest first."""
    statement = _tasks(project_id, wanted).order_by(*order, Task.id)
    return db.session.scalars(statement.offset(offset).limit(limit)).all()


def count_tasks(project_id: int | None, wanted: Sequence[ColumnElement[bool]] = ()) -> tuple[int, int]:
    """How many tasks `list_tasks` has in all, and how many annotations they have."""
    if wanted:
        found = _tasks(project_id, wanted).subquery()
        statement = select(func.count(found.c.id), func.sum(found.c.annotations_count))
    else:
        statement = select(func.sum(Project.tasks_count), func.sum(Project.annotations_count)).where(VISIBLE)
        if project_id is not None:
            statement = statement.where(Project.id == project_id)
    tasks, annotations = db.session.execute(statement).one()
    return tasks or 0, annotations or 0


def _tasks(project_id: int | None, wanted: Sequence[ColumnElement[bool]]) -> Select[Task]:
    statement = select(Task).where(in_visible_project(Task.project_id), *wanted)
    return statement if project_id is None else statement.where(Task.project_id == project_id)


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
    return [_event(**row._asdict()) for row in db.session.execute(statement)]


def _event(**columns: Any) -> dict[str, Any]:
    is_deleted = columns["target_id"] is not None and not columns["target_email"]
    return {**columns, "detail": without_changes(columns["detail"]) if is_deleted else columns["detail"]}


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

"""Projects, their tasks and their contributors, as the pages show them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from ls.db.extensions import db
from ls.exceptions import NotFound
from ls.models import Contribution, LinkedProject, Project, Task, User
from ls.models.project import KEPT, VISIBLE, restorable
from ls.models.user import UserSummary
from ls.queries.pagination import PAGE_SIZE, Page, paginate
from ls.queries.people import SHOWN, user_or_none
from ls.validation import BIGGEST_ID

_COLUMNS = (Project.id, Project.title, Project.tasks_count, Project.annotations_count)
_PROJECTS = (
    select(*_COLUMNS, Project.created_at, *SHOWN).outerjoin(User, User.id == Project.created_by_id).where(VISIBLE)
)
_DELETED = select(*_COLUMNS, Project.deleted_at, *SHOWN).outerjoin(User, User.id == Project.deleted_by_id)
_TASKS = select(Task.id, Task.data, Task.annotations_count)


class ProjectSummary(NamedTuple):
    """A row of the list of projects."""

    id: int
    title: str
    tasks_count: int
    annotations_count: int
    created_at: datetime
    created_by: UserSummary | None


class DeletedProject(NamedTuple):
    """A row of the list of deleted projects."""

    id: int
    title: str
    tasks_count: int
    annotations_count: int
    deleted_at: datetime
    deleted_by: UserSummary | None

    @property
    def restorable_until(self) -> datetime:
        """When it is too late to restore it."""
        return self.deleted_at + KEPT


class TaskSummary(NamedTuple):
    """A row of the list of tasks."""

    id: int
    data: dict[str, Any]
    annotations_count: int


class Contributor(NamedTuple):
    """A user who annotated in a project."""

    user: UserSummary
    annotations_count: int
    last_at: datetime


def list_projects(*, after: str | None = None, before: str | None = None) -> Page[ProjectSummary]:
    """The newest first, with their creators."""
    return paginate(_PROJECTS, (Project.id,), _project, descending=True, after=after, before=before)


def has_projects() -> bool:
    """Whether the list has a project, be it one in Label Studio."""
    own, linked = select(Project.id).where(VISIBLE), select(LinkedProject.id)
    return bool(db.session.scalar(select(or_(own.exists(), linked.exists()))))


def list_deleted_projects(*, after: str | None = None, before: str | None = None) -> Page[DeletedProject]:
    """Those that can be restored, the latest deleted first, with those who deleted them."""
    order = (Project.deleted_at, Project.id)
    found = _DELETED.where(restorable())
    return paginate(found, order, _deleted_project, descending=True, after=after, before=before)


def _project(*row: Any) -> ProjectSummary:
    return ProjectSummary._make((*row[:5], user_or_none(row[5:])))


def _deleted_project(*row: Any) -> DeletedProject:
    return DeletedProject._make((*row[:5], user_or_none(row[5:])))


def list_tasks(project_id: int, *, after: str | None = None, before: str | None = None) -> Page[TaskSummary]:
    """The tasks of a project, oldest first."""
    return paginate(_TASKS.where(Task.project_id == project_id), (Task.id,), TaskSummary, after=after, before=before)


def get_project(project_id: int) -> Project:
    """The project with its creator. Raises NotFound."""
    found = select(Project).where(Project.id == project_id, VISIBLE).options(joinedload(Project.created_by))
    project = db.session.scalar(found) if project_id <= BIGGEST_ID else None
    if project is None:
        raise NotFound
    return project


def list_contributors(project_id: int) -> tuple[list[Contributor], int]:
    """Those who annotated most, and how many contributors there are in all."""
    in_project = Contribution.project_id == project_id
    total = select(func.count()).where(in_project).correlate(None).scalar_subquery()
    # The first are chosen before users are joined, as a project may have thousands of contributors.
    order = (Contribution.annotations_count.desc(), Contribution.user_id)
    most = select(Contribution).where(in_project).order_by(*order).limit(PAGE_SIZE).subquery()
    statement = (
        select(total, most.c.annotations_count, most.c.last_at, *SHOWN)
        .join_from(most, User, User.id == most.c.user_id)
        .order_by(most.c.annotations_count.desc(), most.c.user_id)
    )
    rows = db.session.execute(statement).all()
    return [Contributor(UserSummary(*row[3:]), row[1], row[2]) for row in rows], rows[0][0] if rows else 0


def visible_ids(ids: Collection[int]) -> set[int]:
    """Those of these projects that are not deleted."""
    return set(db.session.scalars(select(Project.id).where(Project.id.in_(ids), VISIBLE))) if ids else set()

"""Deletes a project: hides it, restores it, and after 30 days purges it.

The server has no scheduler, so expired projects are purged a little at each start and each deletion, and as a whole
by `roster project purge`: in portions with a transaction each, so that nobody waits for the write lock.
"""

from collections.abc import Callable
from contextlib import suppress
from sys import maxsize

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.exc import OperationalError

from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import utcnow
from ls.exceptions import NotFound
from ls.models import Annotation, Contribution, Event, Project, Task
from ls.models.event import AuditContext, audit_context, set_audit_context
from ls.models.project import KEPT

PORTION = 2000  # rows that one transaction deletes
AT_START, AT_DELETION = 10, 1  # portions that a start and a deletion purge at most


def delete_project(project_id: int) -> Project:
    """Hide the project with its tasks, annotations and contributions, inside `write()`. Raises NotFound."""
    project = Project.lock_for_update(project_id)
    project.deleted_at, project.deleted_by_id = utcnow(), audit_context().actor_id
    tasks, annotations = project.tasks_count, project.annotations_count
    Event.record("project_deleted", **project.named, tasks=tasks, annotations=annotations)
    return project


def restore_project(project_id: int) -> Project:
    """Show a deleted project again, inside `write()`; one that is not deleted stays as it is. Raises NotFound."""
    project = Project.lock_for_update(project_id, also_deleted=True)
    if project.deleted_at is None:
        return project
    if project.deleted_at <= utcnow() - KEPT:
        raise NotFound
    project.deleted_at = project.deleted_by_id = None
    Event.record("project_restored", **project.named)
    return project


def purge_some(portions: int) -> None:
    """Purge at most so many portions; while the database is locked or full, none."""
    with suppress(OperationalError):
        purge(portions)


def expired_rows() -> int:
    """The number of tasks and annotations that a purge deletes."""
    rows = select(func.sum(Project.tasks_count + Project.annotations_count)).where(_is_expired())
    return db.session.scalar(rows) or 0


def purge(portions: int = maxsize, progress: Callable[[int], object] = lambda _rows: None) -> int:
    """Delete the rows of expired projects, a transaction per portion; returns how many projects are gone."""
    set_audit_context(AuditContext(agent="purge"))  # whoever the request is by, they did not ask for this
    gone = 0
    for _number in range(portions):
        with write():
            project = _next_expired()
            if project is None:
                break
            if rows := _delete_portion(project.id):
                progress(rows)
            else:
                _delete_for_good(project)
                gone += 1
    return gone


def _is_expired() -> ColumnElement[bool]:
    return Project.deleted_at <= utcnow() - KEPT


def _next_expired() -> Project | None:
    expired = select(Project).where(_is_expired())
    return db.session.scalar(expired.order_by(Project.deleted_at, Project.id).limit(1).with_for_update())


def _delete_portion(project_id: int) -> int:
    for part in (Annotation, Task):  # children first: a cascade, row by row, would be slow
        portion = select(part.id).where(part.project_id == project_id).limit(PORTION)
        statement = delete(part).where(part.id.in_(portion)).returning(part.id)
        if rows := db.session.execute(statement, execution_options={"synchronize_session": False}).all():
            return len(rows)
    return 0


def _delete_for_good(project: Project) -> None:
    db.session.execute(delete(Contribution).where(Contribution.project_id == project.id))
    Event.record("project_purged", **project.named)
    db.session.delete(project)

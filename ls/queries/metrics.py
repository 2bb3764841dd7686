"""The numbers that monitoring asks for."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal, NamedTuple

from sqlalchemy import func, select

from ls.db.extensions import db
from ls.db.types import utcnow
from ls.models import Event, LoginSession, Organization, Project, User
from ls.models.project import VISIBLE
from ls.models.user import ACTIVE, DEACTIVATED, DELETED
from ls.queries.mail import count_mail
from ls.version import VERSION

ACTIVE_WITHIN = {"5m": timedelta(minutes=5), "1d": timedelta(days=1), "30d": timedelta(days=30)}


class Number(NamedTuple):
    """A metric, and its values by label; without a label it has one value."""

    name: str
    kind: Literal["counter", "gauge"]
    meaning: str
    label: str
    values: dict[str, int]


def numbers() -> Iterator[Number]:
    """Every number of the database."""
    yield Number("roster_build_info", "gauge", "The version that runs.", "version", {VERSION: 1})
    yield Number("roster_people", "gauge", "Accounts by status.", "status", _people())
    yield Number("roster_people_active", "gauge", "People who were active within that time.", "within", _active())
    yield Number("roster_sessions", "gauge", "Logins that have not ended.", "", {"": _sessions()})
    yield Number("roster_events", "counter", "Events of the activity log: logins, failed ones, ...", "kind", _events())
    projects, tasks, annotations = db.session.execute(_PROJECTS).one()
    yield Number("roster_projects", "gauge", "Projects.", "", {"": projects})
    yield Number("roster_tasks", "gauge", "Tasks in them.", "", {"": tasks})
    yield Number("roster_annotations", "gauge", "Annotations in them.", "", {"": annotations})
    waiting, failed = count_mail()
    yield Number("roster_queue", "gauge", "What waits to be done.", "queue", {"purge": _waiting(), "mail": waiting})
    yield Number("roster_mail_failed", "gauge", "Messages that could not be sent.", "", {"": failed})


_PROJECTS = select(
    func.count(), func.coalesce(func.sum(Project.tasks_count), 0), func.coalesce(func.sum(Project.annotations_count), 0)
).where(VISIBLE)


def _people() -> dict[str, int]:
    found = db.session.execute(select(User.status, func.count()).group_by(User.status))
    return dict.fromkeys((ACTIVE, DEACTIVATED, DELETED), 0) | dict(found.all())


def _active() -> dict[str, int]:
    moment, count = utcnow(), select(func.count()).select_from(User).where(User.status == ACTIVE)
    return {
        name: db.session.scalar(count.where(User.activity_key > moment - within)) or 0
        for name, within in ACTIVE_WITHIN.items()
    }


def _sessions() -> int:
    moment, organization = utcnow(), Organization.get()
    is_open = (
        LoginSession.created_at > moment - organization.max_session_age,
        LoginSession.last_seen > moment - organization.max_idle,
    )
    return db.session.scalar(select(func.count()).select_from(LoginSession).where(*is_open)) or 0


def _events() -> dict[str, int]:
    found = db.session.execute(select(Event.kind, func.count()).group_by(Event.kind).order_by(Event.kind))
    return dict(found.all())


def _waiting() -> int:
    """Deleted projects that are still there."""
    return db.session.scalar(select(func.count(Project.deleted_at))) or 0

"""The projects of a Label Studio that is read, as the list of projects shows them, and what somebody did there."""

from typing import Any, NamedTuple

from sqlalchemy import func, select

from ls.db.extensions import db
from ls.models import LinkedMember, LinkedProject, LinkedRole, User
from ls.models.user import UserSummary
from ls.queries.pagination import Page, paginate
from ls.queries.people import SHOWN, user_or_none

_CREATOR = (
    select(func.min(LinkedRole.user_id))
    .where(LinkedRole.project_id == LinkedProject.id, LinkedRole.has_created)
    .scalar_subquery()
)
_LINKED = select(LinkedProject.title, LinkedProject.url, LinkedProject.annotations_count, *SHOWN).outerjoin(
    User, User.id == _CREATOR
)


class LinkedSummary(NamedTuple):
    """A project in Label Studio; `url` is its page there."""

    title: str
    url: str
    annotations_count: int
    created_by: UserSummary | None


def list_linked_projects(*, after: str | None = None, before: str | None = None) -> Page[LinkedSummary]:
    """The newest first, with their creators."""
    return paginate(_LINKED, (LinkedProject.id,), _project, descending=True, after=after, before=before)


def _project(*row: Any) -> LinkedSummary:
    return LinkedSummary._make((*row[:3], user_or_none(row[3:])))


def linked_totals(user_id: int) -> tuple[int, int]:
    """How many annotations the user submitted there, and in how many projects."""
    annotations = select(LinkedMember.annotations_count).where(LinkedMember.user_id == user_id).scalar_subquery()
    projects = select(func.count()).where(LinkedRole.user_id == user_id, LinkedRole.has_contributed)
    row = db.session.execute(select(func.coalesce(annotations, 0), projects.scalar_subquery())).one()
    return row[0], row[1]

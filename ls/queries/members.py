"""The members' list of the API: numbered pages, flat in cost at either end however many people there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from ls.db.extensions import db
from ls.kept import kept
from ls.models import Contribution, Organization, Project, User
from ls.models.account import COLUMNS, Account
from ls.models.user import ACTIVE, DELETED
from ls.queries.search import matching

# What may be sorted by, and nothing else: ordering by a secret column would tell it (CVE-2023-47117).
ORDERINGS: dict[str, Any] = {
    "id": User.id,
    "email": User.email_key,
    "name": User.name_key,
    "last_activity": User.activity_key,
    "user__email": User.email_key,
    "user__first_name": User.name_key,
    "user__last_activity": User.activity_key,
}


@dataclass(frozen=True, slots=True)
class Members:
    """People of one page, and how many there are in all."""

    count: int
    people: Sequence[Account]


@kept
def members(search: str, ordering: str, page: int, size: int) -> Members:
    """Active and deactivated people; `ordering` is a key of ORDERINGS, `-` before it turns it round."""
    found = select(User).where(_living(ordering))
    if search.strip():
        found = found.where(matching(search))
        count = db.session.scalar(select(func.count()).select_from(found.subquery())) or 0
    else:
        count = Organization.get().members_count
    return Members(count, _window(found, ordering, count, (page - 1) * size, size))


def _living(ordering: str) -> ColumnElement[bool]:
    # Tombstones have no e-mail, so the e-mail's own index answers that order alone; the other orders'
    # indexes begin with the status, so they do where there is only one.
    if ordering.lstrip("-").endswith("email"):
        return User.email_key.is_not(None)
    return User.status == ACTIVE if not Organization.get().deactivated_members else User.status != DELETED


def _window(found: Select[Any], ordering: str, count: int, offset: int, size: int) -> list[Account]:
    size = min(size, count - offset)
    if size <= 0:
        return []
    descending, column = ordering.startswith("-"), ORDERINGS[ordering.lstrip("-")]
    # The second half is read from the other end, so that the last page costs what the first does.
    backwards = offset > count // 2
    if backwards:
        offset = count - offset - size
    order = (column.desc(), User.id.desc()) if descending != backwards else (column.asc(), User.id.asc())
    ids = found.with_only_columns(User.id).order_by(*order).offset(offset).limit(size)
    wanted = list(db.session.scalars(ids))
    people = {row[0]: Account._make(row) for row in db.session.execute(select(*COLUMNS).where(User.id.in_(wanted)))}
    rows = [people[user_id] for user_id in wanted if user_id in people]
    return rows[::-1] if backwards else rows


@kept
def created_projects(user_ids: tuple[int, ...]) -> dict[int, list[dict[str, Any]]]:
    """Id and title of what each of these people created."""
    statement = (
        select(Project.created_by_id, Project.id, Project.title)
        .where(Project.created_by_id.in_(user_ids))
        .order_by(Project.id)
    )
    return _grouped(statement)


@kept
def contributed_projects(user_ids: tuple[int, ...]) -> dict[int, list[dict[str, Any]]]:
    """Id and title of the projects in which each of these people annotated."""
    statement = (
        select(Contribution.user_id, Project.id, Project.title)
        .join(Project, Project.id == Contribution.project_id)
        .where(Contribution.user_id.in_(user_ids))
        .order_by(Project.id)
    )
    return _grouped(statement)


def _grouped(statement: Any) -> dict[int, list[dict[str, Any]]]:
    grouped: dict[int, list[dict[str, Any]]] = {}
    for user_id, project_id, title in db.session.execute(statement):
        grouped.setdefault(user_id, []).append({"id": project_id, "title": title})
    return grouped

"""The members as the API lists them: numbered pages, and what each member worked on."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import aliased

from ls.db.extensions import db
from ls.models import Contribution, Organization, Project, User
from ls.models.project import VISIBLE
from ls.models.user import DELETED
from ls.queries.search import matching

# Read from an index alone; the rows themselves are read only for the members of the page.
_FOUND = aliased(User)
_MEMBERS = select(_FOUND.id).where(_FOUND.status != literal(DELETED, literal_execute=True))

# Nothing else can be sorted by: the order of a secret column would disclose it (CVE-2023-47117).
ORDERINGS: dict[str, Any] = {
    "id": _FOUND.id,
    "email": _FOUND.email_key,
    "name": _FOUND.name_key,
    "last_activity": _FOUND.activity_key,
    "user__email": _FOUND.email_key,
    "user__first_name": _FOUND.name_key,
    "user__last_activity": _FOUND.activity_key,
}


def list_members(search: str, ordering: str, offset: int, limit: int) -> tuple[Sequence[User], int]:
    """Active and deactivated users, and how many there are in all.

    `ordering` is a key of ORDERINGS, descending after a `-`.
    """
    found = _MEMBERS
    if search.strip():
        found = found.where(*matching(_FOUND.search_text, search))
        count = db.session.scalar(select(func.count()).select_from(found.subquery())) or 0
    else:
        count = Organization.get().members_count
    return _window(found, ordering, count, offset, limit), count


def _window(found: Select[Any], ordering: str, count: int, offset: int, limit: int) -> Sequence[User]:
    limit = min(limit, count - offset)
    if limit <= 0:
        return []
    # The second half is read from the other end, so that the last page costs what the first does.
    backwards = offset > count // 2
    if backwards:
        offset = count - offset - limit
    descending = ordering.startswith("-") != backwards
    columns = (ORDERINGS[ordering.lstrip("-")], _FOUND.id)
    order = [column.desc() if descending else column.asc() for column in columns]
    window = found.add_columns(columns[0].label("key")).order_by(*order).offset(offset).limit(limit).subquery()
    order = [column.desc() if descending else column.asc() for column in (window.c.key, window.c.id)]
    users = db.session.scalars(select(User).join(window, window.c.id == User.id).order_by(*order)).all()
    return users[::-1] if backwards else users


def created_projects(user_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Id and title of the projects that each of these users created."""
    statement = (
        select(Project.created_by_id, Project.id, Project.title)
        .where(Project.created_by_id.in_(user_ids), VISIBLE)
        .order_by(Project.id)
    )
    return _by_user(statement)


def contributed_projects(user_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Id and title of the projects in which each of these users annotated."""
    statement = (
        select(Contribution.user_id, Project.id, Project.title)
        .join(Project, Project.id == Contribution.project_id)
        .where(Contribution.user_id.in_(user_ids), VISIBLE)
        .order_by(Project.id)
    )
    return _by_user(statement)


def _by_user(statement: Select[Any, int, str]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for user_id, project_id, title in db.session.execute(statement):
        found.setdefault(user_id, []).append({"id": project_id, "title": title})
    return found

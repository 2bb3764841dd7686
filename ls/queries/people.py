"""The People list, and one person with what they worked on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, bindparam, func, literal, select
from sqlalchemy.orm import aliased

from ls.db.extensions import db
from ls.exceptions import NotFound
from ls.models import Contribution, Project, User
from ls.models.project import VISIBLE
from ls.models.user import ACTIVE, DEACTIVATED, DELETED, UserSummary
from ls.queries.charts import Week, weekly_annotations
from ls.queries.pagination import PAGE_SIZE, Page, paginate
from ls.queries.search import matching
from ls.validation import BIGGEST_ID

SHOWN = tuple(getattr(User, name) for name in UserSummary._fields)

# Everything that chooses and sorts stands in the indexes of `users`, so the list is found in an index alone;
# the rows themselves are read only for the people of the page.
_FOUND = aliased(User)
_PEOPLE = select(*SHOWN).join_from(_FOUND, User, User.id == _FOUND.id)

# Nothing else can be sorted by: the order of a secret column would disclose it (CVE-2023-47117).
SORTS: dict[str, Any] = {"email": _FOUND.email_key, "name": _FOUND.name_key, "last_activity": _FOUND.activity_key}
STATUSES = {
    "active": _FOUND.status == ACTIVE,
    "deactivated": _FOUND.status == DEACTIVATED,
    # Written out in the statement, because the index of this list is limited by the same words.
    "all": _FOUND.status != literal(DELETED, literal_execute=True),
}


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Which people, in which order: a key of SORTS, descending after a `-`, a key of STATUSES, and a search."""

    sort: str = "email"
    status: str = "active"
    q: str = ""


class Created(NamedTuple):
    """A project that the person created."""

    id: int
    title: str


class Contributed(NamedTuple):
    """A project that the person annotated in."""

    id: int
    title: str
    annotations_count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """The latest projects that a person created and contributed to, and how many there are in all."""

    created: list[Created]
    created_total: int
    contributed: list[Contributed]
    contributed_total: int
    weeks: list[Week]


def list_people(
    wanted: PeopleFilter, *, after: str | None = None, before: str | None = None, size: int = PAGE_SIZE
) -> Page[UserSummary]:
    """One page of the people of this filter."""
    people = _PEOPLE.where(STATUSES[wanted.status])
    if wanted.q:
        people = people.where(*matching(_FOUND.search_text, wanted.q))
    order = (SORTS[wanted.sort.lstrip("-")], _FOUND.id)
    descending = wanted.sort.startswith("-")
    return paginate(people, order, UserSummary, descending=descending, after=after, before=before, size=size)


def get_person(user_id: int) -> UserSummary:
    """The active or deactivated user of that id. Raises NotFound."""
    row = db.session.execute(_PERSON, {"user_id": user_id}).first() if user_id <= BIGGEST_ID else None
    if row is None:
        raise NotFound
    return UserSummary(*row)


def person_details(user_id: int) -> PersonDetails:
    """What that person created and contributed to, latest first."""
    created = db.session.execute(_CREATED, {"user_id": user_id}).all()
    contributed = db.session.execute(_CONTRIBUTED, {"user_id": user_id}).all()
    return PersonDetails(
        created=[Created(*row[:-1]) for row in created],
        created_total=created[0].total if created else 0,
        contributed=[Contributed(*row[:-1]) for row in contributed],
        contributed_total=contributed[0].total if contributed else 0,
        weeks=weekly_annotations([user_id])[user_id],
    )


_ID: BindParameter[int] = bindparam("user_id")
_PERSON = select(*SHOWN).where(User.id == _ID, User.status != DELETED)

_CREATED_BY = (Project.created_by_id == _ID, VISIBLE)
_CREATED = (
    select(
        Project.id,
        Project.title,
        select(func.count()).where(*_CREATED_BY).correlate(None).scalar_subquery().label("total"),
    )
    .where(*_CREATED_BY)
    .order_by(Project.id.desc())
    .limit(PAGE_SIZE)
)

_CONTRIBUTED = (
    select(
        Project.id,
        Project.title,
        Contribution.annotations_count,
        Contribution.last_at,
        func.count().over().label("total"),
    )
    .join(Project, Project.id == Contribution.project_id)
    .where(Contribution.user_id == _ID, Contribution.annotations_count > 0, VISIBLE)
    .order_by(Contribution.last_at.desc(), Project.id.desc())
    .limit(PAGE_SIZE)
)

"""The People list: who is on it, in which order, and which part of it a page is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import aliased

from ls.db.extensions import db
from ls.models import Contribution, LinkedMember, Organization, User
from ls.models.project import in_visible_project
from ls.models.user import ACTIVE, DEACTIVATED, DELETED, UserSummary
from ls.queries.pagination import PAGE_SIZE, Page, count_before, encode, last_page, paginate
from ls.queries.search import matching
from ls.validation import BIGGEST_ID

LAST = "last"  # as `before`: the end of the list

SHOWN = tuple(getattr(User, name) for name in UserSummary._fields[:-1])


def user_or_none(shown: Sequence[Any]) -> UserSummary | None:
    """The user with these values of SHOWN, None where an outer join found nobody."""
    user = UserSummary(*shown)
    return None if user.id is None else user


# Annotations are summed up when they are read, with those in Label Studio. A total in the row of each user would have
# to be written while a project is locked, but users are locked before projects (ls/db/transaction.py); and deleted
# projects do not count.
_SUM = select(func.sum(Contribution.annotations_count)).where(in_visible_project(Contribution.project_id))
_HERE = _SUM.where(Contribution.user_id == User.id).correlate(User).scalar_subquery()
_THERE = select(LinkedMember.annotations_count).where(LinkedMember.user_id == User.id).correlate(User).scalar_subquery()
OF_PERSON = func.coalesce(_HERE, 0) + func.coalesce(_THERE, 0)
_TOTALS = _SUM.add_columns(Contribution.user_id).group_by(Contribution.user_id).subquery()

# Everything else that chooses and sorts stands in the indexes of `users`, so the list is found in an index alone;
# the rows themselves are read only for the people of the page.
_FOUND = aliased(User)
_PEOPLE = select(*SHOWN, OF_PERSON).select_from(_FOUND).join(User, User.id == _FOUND.id)
_COUNT = select(func.count()).select_from(_FOUND)

# Nothing else can be sorted by: the order of a secret column would disclose it (CVE-2023-47117).
SORTS: dict[str, Any] = {
    "email": _FOUND.email_key,
    "name": _FOUND.name_key,
    "annotations": func.coalesce(_TOTALS.c[0], 0) + func.coalesce(LinkedMember.annotations_count, 0),
    "last_activity": _FOUND.activity_key,
}
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


class Place(NamedTuple):
    """Which part of a list a page is: the number of its first row, and how many there are in all."""

    first: int
    total: int


def list_people(
    wanted: PeopleFilter,
    *,
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE_SIZE,
    showing: int | None = None,
    ids: Sequence[int] | None = None,
) -> Page[UserSummary]:
    """One page of the people of this filter; without a cursor the one with the user `showing`, if they are listed.

    `ids`: only these people.
    """
    people, order, descending = _list(wanted, _PEOPLE)
    if ids is not None:
        people = people.where(_FOUND.id.in_(ids))
    if order[0] is SORTS["annotations"]:
        people = people.with_only_columns(*SHOWN, order[0])  # which has been summed up for everybody
    read = partial(paginate, people, order, UserSummary, descending=descending, size=size)
    if before == LAST:
        rest = _total(wanted) % size or size  # so that the pages before it are those from the start
        return last_page(people, order, UserSummary, descending=descending, size=rest)
    if showing is not None and after is before is None:
        return read(offset=_rows_before(wanted, showing) // size * size)
    return read(after=after, before=before)


def place_of(wanted: PeopleFilter, page: Page[UserSummary]) -> Place:
    """Where in the list of this filter the page is."""
    shown = len(page.rows)
    total = _total(wanted) if page.previous or page.next else shown
    if page.previous is None:
        return Place(1, total)
    if page.next is None:
        return Place(total - shown + 1, total)
    people, order, descending = _list(wanted, _COUNT)
    return Place(count_before(people, order, page.previous, descending=descending) + 1, total)


def _list(wanted: PeopleFilter, people: Select[Any]) -> tuple[Select[Any], tuple[Any, Any], bool]:
    """What of these people the filter chooses, the columns it sorts by, and whether descending."""
    sort = wanted.sort.removeprefix("-")
    if sort == "annotations":
        people = people.outerjoin(_TOTALS, _TOTALS.c.user_id == _FOUND.id)
        people = people.outerjoin(LinkedMember, LinkedMember.user_id == _FOUND.id)
    people = people.where(STATUSES[wanted.status], *(matching(_FOUND.search_text, wanted.q) if wanted.q else ()))
    return people, (SORTS[sort], _FOUND.id), wanted.sort != sort


def _total(wanted: PeopleFilter) -> int:
    if wanted.q:
        return db.session.scalar(_list(PeopleFilter("email", wanted.status, wanted.q), _COUNT)[0]) or 0
    organization = Organization.get()
    return {
        "active": organization.active_members,
        "deactivated": organization.deactivated_members,
        "all": organization.members_count,
    }[wanted.status]


def _rows_before(wanted: PeopleFilter, user_id: int) -> int:
    """How many of the list stand before that user; 0 if they are not on it."""
    people, order, descending = _list(wanted, _COUNT)
    theirs = people.with_only_columns(*order).where(_FOUND.id == user_id)
    row = db.session.execute(theirs).first() if user_id <= BIGGEST_ID else None
    return 0 if row is None else count_before(people, order, encode(row), descending=descending)

"""The People list: pages by keyset, so that every page costs the same, in any order, searched or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select, tuple_, union_all

from ls.db.extensions import db
from ls.kept import kept
from ls.models import User
from ls.models.ranks import BY_EMAIL, BY_NAME, RANKS
from ls.models.user import ACTIVE, DEACTIVATED, NOT_DELETED
from ls.queries import search
from ls.queries.pagination import Cursor
from ls.queries.person import SHOWN, Person

PAGE_SIZE = 50

_USERS = User.__table__.c

# What may be sorted by, and nothing else: ordering by a secret column would tell it (CVE-2023-47117).
SORTS: dict[str, Any] = {"email": _USERS.email_key, "name": _USERS.name_key, "last_activity": _USERS.activity_key}
STATUSES = {"active": (ACTIVE,), "deactivated": (DEACTIVATED,), "all": NOT_DELETED}
# In these orders SQLite's index answers; when somebody was last active changes too often for it.
INDEXED = {"email": BY_EMAIL, "name": BY_NAME}


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Which people, in which order: keys of SORTS (`-` before it turns it round) and STATUSES, and a search."""

    sort: str = "email"
    status: str = "active"
    q: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some people, and the cursors of the pages beside, None where there is none."""

    people: list[Person]
    before: str | None = None
    after: str | None = None


@kept
def listing(wanted: PeopleFilter, *, after: str | None = None, before: str | None = None, limit: int = PAGE_SIZE) -> Page:
    """One page; without a cursor, with a broken one, and beyond either end it is the first."""
    kind = SORTS[wanted.sort.lstrip("-")].type
    if before is not None and (cursor := Cursor.read(before, kind)) is not None:
        rows = _rows(wanted, cursor, limit + 1, backwards=True)
        if len(rows) >= limit:
            return _page(rows[:limit][::-1], has_more=True, has_less=len(rows) > limit)
    elif after is not None and (cursor := Cursor.read(after, kind)) is not None:
        rows = _rows(wanted, cursor, limit + 1)
        if rows:
            return _page(rows[:limit], has_more=len(rows) > limit, has_less=True)
    rows = _rows(wanted, None, limit + 1)
    return _page(rows[:limit], has_more=len(rows) > limit, has_less=False)


def _page(rows: Sequence[Any], *, has_more: bool, has_less: bool) -> Page:
    return Page(
        [Person._make(row[:-1]) for row in rows],
        before=Cursor(rows[0].key, rows[0].id).text if has_less else None,
        after=Cursor(rows[-1].key, rows[-1].id).text if has_more else None,
    )


def _rows(wanted: PeopleFilter, cursor: Cursor | None, limit: int, *, backwards: bool = False) -> Sequence[Any]:
    statement, values = plan(wanted, cursor, limit, backwards=backwards)
    return db.session.connection().execute(statement, values).all()


def plan(
    wanted: PeopleFilter, cursor: Cursor | None, limit: int, *, backwards: bool = False
) -> tuple[Select[Any], dict[str, Any]]:
    """The statement of a page and its values."""
    values: dict[str, Any] = {"limit": limit}
    if cursor is not None:
        values |= {"key": cursor.key, "id": cursor.id}
    sort, dialect, query = wanted.sort.lstrip("-"), db.engine.dialect.name, search.normalised(wanted.q)
    shape = (sort, wanted.sort.startswith("-") != backwards, wanted.status, cursor is not None)
    if not query:
        return _listed(*shape, "all", dialect), values
    if dialect == "sqlite" and sort in INDEXED:
        statuses = STATUSES[wanted.status]
        return _indexed(*shape), values | search.values(query, status=statuses[0] if len(statuses) == 1 else "")
    how = "few" if search.are_few(query) else "many"
    return _listed(*shape, how, dialect), values | search.values(query, with_index=how == "few")


@lru_cache(maxsize=64)
def _indexed(sort: str, descending: bool, status: str, is_after: bool) -> Any:
    """The search index is read in the list's order, until the page is full."""
    order, statuses = INDEXED[sort], STATUSES[status]
    number = order.found.c.rowid
    statement = (
        select(*SHOWN, SORTS[sort].label("key"))
        .join_from(order.found, RANKS, order.at)
        .join(User.__table__, _USERS.id == RANKS.c.user_id)
        .where(order.finds, search.holds("sqlite"))
    )
    if is_after:
        beside = order.nearest(statuses, above=descending)
        statement = statement.where(number < beside if descending else number > beside)
    return statement.order_by(number.desc() if descending else number).limit(bindparam("limit"))


@lru_cache(maxsize=256)
def _listed(sort: str, descending: bool, status: str, is_after: bool, how: str, dialect: str) -> Any:
    """Built once for each shape: making a statement anew costs more than running it."""
    column = SORTS[sort]
    parts = [_of_status(each, column, descending, is_after, how, dialect) for each in STATUSES[status]]
    if len(parts) == 1:
        return parts[0]
    # Each status has an index of its own order; the few rows that each gives are merged.
    both = union_all(*(select(part.subquery()) for part in parts))
    names = ("key", "id")
    order = [both.selected_columns[name] for name in names]
    return both.order_by(*(part.desc() if descending else part for part in order)).limit(bindparam("limit"))


def _of_status(status: str, column: Any, descending: bool, is_after: bool, how: str, dialect: str) -> Select[Any]:
    standing = _USERS.status == status
    if how == "few" and dialect == "sqlite":
        # Else SQLite reads the whole sorted list, to save itself the sorting of a few rows.
        standing = func.likely(standing)
    statement = select(*SHOWN, column.label("key")).where(standing)
    if is_after:
        here, there = tuple_(column, _USERS.id), tuple_(bindparam("key", type_=column.type), bindparam("id"))
        statement = statement.where(here < there if descending else here > there)
    if how != "all":
        statement = statement.where(search.holds(dialect))
    if how == "few":
        statement = statement.where(_USERS.id.in_(search.indexed(dialect)))
    order = (column.desc(), _USERS.id.desc()) if descending else (column, _USERS.id)
    return statement.order_by(*order).limit(bindparam("limit"))

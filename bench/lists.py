"""The last page of a list against its first, and searches against the list without one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import quote

from sqlalchemy import func, select

from bench.cpu import cpu
from bench.installation import BY_TOKEN, Installation
from bench.table import Reach
from ls.db.extensions import db
from ls.models import Event, Project, Task, User
from ls.queries.pagination import PAGE_SIZE
from ls.queries.people import PeopleFilter, list_people
from tests.cast import FRAGMENT

LAST_PAGE, SEARCH_SQLITE, SEARCH_POSTGRESQL = 1.2, 10, 5
BY_ID = ("/projects/", "/activity/")  # newest first, so that the last page ends with the id 1
CALLS = {
    "/api/organizations/1/memberships?page_size=30": User,
    "/api/projects/?page_size=30": Project,
    "/api/tasks/?page_size=30": Task,
    "/api/activity-logs/?page_size=30": Event,
}
# One and two characters, Chinese ones, few matches, many, none, several words, and letters that stand nowhere together.
SEARCHES = (
    *("a", "an", "王", "小明", "anna", "fischer12", "person7", "example.cn", "9@e", "nobody at all", "exaorg"),
    *("anna fischer", "müller ines", "明小王"),
)
SORTS = ("email", "-name", "-last_activity")


def last_pages(large: Installation) -> Iterator[Reach]:
    """Each paged list's last full page."""
    pairs = [_people(large, q) for q in ("", "example")]
    pairs += [(path, f"{path}?after={PAGE_SIZE + 1}") for path in BY_ID]
    pairs += [_call(large, path) for path in CALLS]
    for first, last in pairs:
        headers = BY_TOKEN if first.startswith("/api/") else large.session
        taken = [cpu(large.app, path, headers) for path in (first, last)]
        yield _against(f"last page: {first}", taken[1], taken[0], LAST_PAGE)


def _people(large: Installation, q: str) -> tuple[str, str]:
    """Turned round, the last full page stands at the beginning, and the row before it is the cursor."""
    with large.app.app_context():
        cursor = list_people(PeopleFilter(sort="-email", q=q), size=PAGE_SIZE + 1).next
    return f"/people/?q={q}", f"/people/?q={q}&after={cursor}"


def _call(large: Installation, path: str) -> tuple[str, str]:
    with large.app.app_context():
        count = db.session.scalar(select(func.count()).select_from(CALLS[path])) or 0
    return path, f"{path}&page={count // 30}"


def searches(here: Installation, reach: float) -> Iterator[Reach]:
    """The worst query of each order, in wall time, against the list in that order."""
    headers = {**here.session, **FRAGMENT}
    for sort in SORTS:
        plain = cpu(here.app, f"/people/?sort={sort}", headers, time.perf_counter)
        taken = {
            query: cpu(here.app, f"/people/?sort={sort}&q={quote(query)}", headers, time.perf_counter)
            for query in SEARCHES
        }
        worst = max(taken, key=lambda query: taken[query])
        yield _against(f"search by {sort}, {here.size['people']:,} people: {worst}", taken[worst], plain, reach)


def _against(what: str, value: float, against: float, reach: float) -> Reach:
    return Reach(what, f"{value / 1000:.2f} ms to {against / 1000:.2f} ms", value / against, reach, "x")

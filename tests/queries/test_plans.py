"""What every list costs does not grow with the data: plans are asked of either engine, statements are counted."""

import re
from collections.abc import Iterator
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import text

from ls.db.extensions import db
from ls.queries import search
from ls.queries.members import ORDERINGS
from ls.queries.people import INDEXED, STATUSES
from tests.cast import FRAGMENT, Cast, Person
from tests.growth import Statement, grow
from tests.pages.test_people_list import ORDERS
from tests.safety.routes import calls
from tests.statements import statements

# A page of fifty-one rows with what is joined to them. Reading the smallest large table would be ten times this.
ROWS, HUNDRED_STEPS = 320, 80
LARGE = ("users", "projects", "tasks", "annotations", "contributions", "events", "login_sessions")
# Contract: these answers tell how many there are in all.
TOTAL = re.compile(r"SELECT (\(SELECT )?(count\(|coalesce\(sum\()")

SORTED_BY_INDEX = (
    *("/projects/", "/projects/?after=1500", "/projects/?before=1500"),
    *("/activity/", "/activity/?after=3000", "/activity/?before=3000", "/activity/?kind=login", "/activity/?since=2026-01-03"),
    *("/api/tasks/?project=1", "/api/annotations/5/", "/api/projects/", "/api/activity-logs/"),
    *("/api/activity-logs/?event=login", "/api/activity-logs/?ordering=datetime"),
    *(f"/api/organizations/1/memberships?ordering={order}" for order in ORDERINGS),
    *(f"/api/organizations/1/memberships?ordering=-{order}&page=134" for order in ORDERINGS),
)
OTHERS = (
    *("/people/1", "/people/900", "/projects/1", "/projects/1?after=2000", "/projects/1?before=2000", "/projects/7"),
    *("/user/account/", "/user/account/sessions/"),
    *("/activity/?person=p0123", "/activity/?kind=login&person=p0123", "/activity/?person=p0123&since=2026-01-02"),
    *("/activity/?kind=password_changed&until=2026-01-02", "/api/activity-logs/?user=77"),
    *("/api/tasks/?project=1&fields=all", "/api/tasks/1/", "/api/tasks/1/annotations/"),
    *("/api/organizations/1/memberships/1/", "/api/organizations/1/memberships/900/"),
    *(f"/api/organizations/1/memberships?ordering={order}&search=p012" for order in ORDERINGS),
    "/api/organizations/1/memberships?contributed_to_projects=1&page=134",
)


@pytest.fixture
def alice(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Alice, noted as active, on a server with thousands of everything."""
    monkeypatch.setattr(search, "FEW", 100)
    person = cast.alice()
    grow(app, person.id)
    person.browser.get("/people/")
    return person


def asked(app: Flask, person: Person, path: str) -> Iterator[Statement]:
    """The statements behind that page or call, each with its price."""
    headers = person.auth if path.startswith("/api/") else {}
    with statements(app) as seen:
        assert person.browser.client.get(path, headers=headers).status_code == 200, path
    return (Statement(*one).explain(app) for one in seen if not TOTAL.match(" ".join(one.sql.split())))


def dear(app: Flask, statement: Statement) -> bool:
    """Does it read more than what a page shows?"""
    with app.app_context():
        is_sqlite = db.engine.dialect.name == "sqlite"
    reads_all = [step for step in statement.steps if re.match(rf"Seq Scan ({'|'.join(LARGE)})\b|.*AUTOMATIC", step)]
    return bool(reads_all) or statement.costs > (HUNDRED_STEPS if is_sqlite else ROWS)


def sorts(statement: Statement) -> bool:
    """Are rows sorted on SQLite that no index has in order? PostgreSQL may, as `dear` counts every row it reads."""
    return any("TEMP B-TREE" in step for step in statement.steps)


def walk(app: Flask, person: Person, path: str) -> Iterator[Statement]:
    """The list's first page, the second, and the first again as the way back."""
    for rel in ("next", "prev", ""):
        yield from asked(app, person, path)
        found = re.search(rf'rel="{rel}"[^>]*href="([^"]+)"', person.browser.get(path).get_data(as_text=True))
        if not found:
            return
        path = found[1].replace("&amp;", "&")


def test_people_in_every_order_of_every_status_cost_a_page(app: Flask, alice: Person) -> None:
    failures = []
    # The last has runs of letters that everybody has, and is nowhere.
    for sort, status, q in product(ORDERS, STATUSES, ("", "p012", "name", "exaorg")):
        # Two statuses' rows, and the few that a search found, may be sorted where its index has not their order.
        may_sort = (status == "all" or q in {"p012", "exaorg"}) and not (q and sort.lstrip("-") in INDEXED)
        found = walk(app, alice, f"/people/?sort={sort}&status={status}&q={q}")
        failures += [(sort, status, q, one) for one in found if dear(app, one) or (sorts(one) and not may_sort)]
    assert failures == []


def test_every_other_list_costs_a_page(app: Flask, alice: Person) -> None:
    found = [(path, one) for path in (*SORTED_BY_INDEX, *OTHERS) for one in asked(app, alice, path)]
    assert [(path, one) for path, one in found if dear(app, one)] == []
    # The page's own rows may be sorted once more, when they are fetched by id.
    assert [(path, one) for path, one in found if path in SORTED_BY_INDEX and sorts(one)] == []


def test_a_missing_index_would_be_noticed(app: Flask, alice: Person) -> None:
    with app.app_context(), db.engine.begin() as connection:
        for column in ("status_name", "name", "status_activity", "activity"):
            connection.execute(text(f"DROP INDEX ix_users_{column}"))
        connection.execute(text("DROP INDEX ix_events_actor_id"))
    for path in ("/people/?sort=name", "/people/?sort=-last_activity&q=name", "/api/activity-logs/?user=77"):
        assert any(dear(app, one) for one in asked(app, alice, path)), path


MOST = 4


def test_no_page_needs_more_than_four_statements_whatever_the_data(app: Flask, cast: Cast) -> None:
    person = cast.alice()
    person.browser.get("/people/")
    small = of_every_page(app, person)
    grow(app, person.id)
    large = of_every_page(app, person)
    assert {what: seen for what, seen in {**small, **large}.items() if len(seen) > MOST} == {}
    assert len(large) >= 80
    assert max(len(seen) for seen in large.values()) == MOST  # they are counted


def of_every_page(app: Flask, person: Person) -> dict[tuple[str, bool, bool], list[str]]:
    """What every page of the route table asks of the database, whole and as a fragment, of a member and of nobody."""
    found: dict[tuple[str, bool, bool], list[str]] = {}
    pages = [call.path for call in calls(app, number=person.id) if call.method == "GET" and not call.is_api]
    queries = ("/people/?q=p0&sort=name&status=all", "/activity/?person=p01&kind=login", "/projects/?after=9")
    for path, headers, client in product(
        (*pages, *queries), ({}, FRAGMENT), (person.browser.client, app.test_client())
    ):
        with statements(app) as seen:
            assert client.get(path, headers=headers).status_code < 500, path
        found[path, bool(headers), client is person.browser.client] = [one.sql for one in seen]
    return found

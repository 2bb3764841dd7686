"""The cost of a list does not grow with the data: either database is asked for its plans, statements are counted."""

import re
from collections.abc import Iterator
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import text

from ls.db.extensions import db
from ls.queries.members import ORDERINGS
from ls.queries.people import STATUSES
from tests.cast import FRAGMENT, Cast, Person
from tests.growth import PEOPLE, Statement, grow
from tests.queries.test_people import ORDERS
from tests.safety.routes import calls
from tests.statements import statements

# A page of fifty-one rows with what is joined to them. Reading the smallest large table would be ten times this.
ROWS, HUNDRED_STEPS = 380, 80
LARGE = (
    *("users", "projects", "tasks", "annotations", "contributions", "events", "login_sessions", "invitations"),
    *("linked_projects", "linked_members", "linked_roles"),
)
# Contract: these answers tell how many there are in all.
TOTAL = re.compile(r"SELECT (\(SELECT )?(count\(|coalesce\(sum\()")

SORTED_BY_INDEX = (
    *("/projects/", "/projects/?after=1500", "/projects/?before=1500"),
    *("/projects/?linked_after=1500", "/projects/?linked_before=1500"),
    *("/projects/deleted", "/api/deleted-projects/"),
    *("/people/invitations/", "/people/invitations/?after=1500", "/api/invitations/"),
    *("/activity/", "/activity/?after=3000", "/activity/?before=3000", "/activity/?kind=login"),
    *("/activity/?since=2026-01-03", "/api/tasks/?project=1", "/api/annotations/5/", "/api/projects/"),
    *("/api/activity-logs/", "/api/activity-logs/?event=login", "/api/activity-logs/?ordering=datetime"),
)
OTHERS = (
    *("/people/1", "/people/900", "/projects/1", "/projects/1?after=2000", "/projects/1?before=2000", "/projects/7"),
    *("/user/account/", "/user/account/sessions/"),
    *("/activity/?kind=password_changed&until=2026-01-02", "/api/activity-logs/?user=77"),
    *("/api/tasks/?project=1&fields=all", "/api/tasks/1/", "/api/tasks/1/annotations/"),
    *("/api/organizations/1/memberships/1/", "/api/organizations/1/memberships/900/"),
    "/api/organizations/1/memberships?contributed_to_projects=1&page=134",
    *(f"/api/organizations/1/memberships?ordering={order}" for order in ORDERINGS),
    *(f"/api/organizations/1/memberships?ordering=-{order}&page=134" for order in ORDERINGS),
)
SEARCHES = (
    *(
        f"/people/?sort={sort}&status={status}&q={q}"
        for sort, status, q in product(ORDERS, STATUSES, ("name", "name012", "p012+org", "qx"))
    ),
    *("/activity/?person=p0123", "/activity/?kind=login&person=p0123", "/activity/?person=p0123&since=2026-01-02"),
    *(f"/api/organizations/1/memberships?ordering={order}&search=p012" for order in ORDERINGS),
)


@pytest.fixture
def alice(app: Flask, cast: Cast) -> Person:
    """Alice, noted as active, on a server with thousands of everything."""
    person = cast.alice()
    grow(app, person.id)
    person.browser.get("/people/")
    person.browser.get("/api/current-user/whoami", headers=person.auth)  # the first call of a script is noted, too
    return person


def asked(app: Flask, person: Person, path: str) -> Iterator[Statement]:
    """The statements behind that page or call, with their costs."""
    headers = person.auth if path.startswith("/api/") else {}
    with statements(app) as seen:
        assert person.browser.client.get(path, headers=headers).status_code == 200, path
    return (Statement(*one).explain(app) for one in seen if not TOTAL.match(" ".join(one.sql.split())))


def is_sqlite(app: Flask) -> bool:
    with app.app_context():
        return db.engine.dialect.name == "sqlite"


def is_costly(app: Flask, statement: Statement) -> bool:
    """Does it read more than what a page shows?"""
    reads_all = [step for step in statement.steps if re.match(rf"Seq Scan ({'|'.join(LARGE)})\b|.*AUTOMATIC", step)]
    return bool(reads_all) or statement.costs > (HUNDRED_STEPS if is_sqlite(app) else ROWS)


def sorts(statement: Statement) -> bool:
    """Are rows sorted on SQLite that no index has in order? PostgreSQL may, as every row it reads is counted."""
    return any("TEMP B-TREE" in step for step in statement.steps)


def walk(app: Flask, person: Person, path: str) -> Iterator[Statement]:
    """The list's first page, the second, and the first again as the way back."""
    for rel in ("next", "prev", ""):
        yield from asked(app, person, path)
        found = re.search(rf'rel="{rel}"[^>]*href="([^"]+)"', person.browser.get(path).get_data(as_text=True))
        if not found:
            return
        path = found[1].replace("&amp;", "&")


# Contract: what everybody annotated is summed up before the list is sorted by it.
SUMMED = ("annotations", "-annotations")


def test_people_in_every_order_of_every_status_cost_a_page(app: Flask, alice: Person) -> None:
    failures = []
    for sort, status in product([order for order in ORDERS if order not in SUMMED], STATUSES):
        found = walk(app, alice, f"/people/?sort={sort}&status={status}")
        failures += [(sort, status, one) for one in found if is_costly(app, one) or sorts(one)]
    assert failures == []


def test_the_order_of_annotations_costs_each_person_and_contribution_once(app: Flask, alice: Person) -> None:
    # 110 steps, or seven rows, for each person, who did something in Label Studio too
    most = PEOPLE * 11 // 10 if is_sqlite(app) else 7 * PEOPLE
    for sort, status in product(SUMMED, STATUSES):
        found = list(walk(app, alice, f"/people/?sort={sort}&status={status}"))
        assert [one for one in found if one.costs > most] == []
        assert any(is_costly(app, one) for one in found)


def test_every_other_list_costs_a_page(app: Flask, alice: Person) -> None:
    found = [(path, one) for path in (*SORTED_BY_INDEX, *OTHERS) for one in asked(app, alice, path)]
    assert [(path, one) for path, one in found if is_costly(app, one)] == []
    assert [(path, one) for path, one in found if path in SORTED_BY_INDEX and sorts(one)] == []


# A search may read a whole index, but no table; on PostgreSQL also the rows that the trigrams point to.
# SQLite does not call an index covering that is limited by a condition, although it reads nothing else here either.
ONLY_AN_INDEX = re.compile(
    r"(SCAN|SEARCH) users(_\d)? USING (COVERING INDEX|INDEX ix_users_(email|name|activity|listed)$)"
    r"|Index Only Scan users|Bitmap Index Scan ix_users_trigrams"
)


def test_a_search_reads_an_index_and_no_table(app: Flask, alice: Person) -> None:
    # PostgreSQL has no trigrams of two letters, and reads whatever is smallest.
    for path in (path for path in SEARCHES if is_sqlite(app) or not path.endswith("=qx")):
        searching = [one for one in asked(app, alice, path) if "LIKE" in one.sql]
        assert len(searching) == 1, path
        for one in searching:
            assert any(ONLY_AN_INDEX.match(step) for step in one.steps), (path, one)
            assert not any(re.match(r"Seq Scan|SCAN users(_\d)?$", step) for step in one.steps), (path, one)
            assert not (path.startswith("/people/") and "annotations" not in path and sorts(one)), (path, one)


def test_a_missing_index_would_be_noticed(app: Flask, alice: Person) -> None:
    with app.app_context(), db.engine.begin() as connection:
        for column in ("status_name", "name", "status_activity", "activity"):
            connection.execute(text(f"DROP INDEX ix_users_{column}"))
        connection.execute(text("DROP INDEX ix_events_actor_id"))
    for path in ("/people/?sort=name", "/people/?sort=-last_activity&status=all", "/api/activity-logs/?user=77"):
        assert any(is_costly(app, one) for one in asked(app, alice, path)), path


MOST = 7  # on the page of a person: each kind of detail is one
OPEN = "/people/?open=1&open=77&q=example"
MOST_OPEN = 10  # one of them per kind of detail, however many rows are open


def test_no_page_needs_more_than_seven_statements_whatever_the_data(app: Flask, cast: Cast) -> None:
    person = cast.alice()
    person.browser.get("/people/")
    small = of_every_page(app, person)
    grow(app, person.id)
    large = of_every_page(app, person)
    seen = [(what, found) for each in (small, large) for what, found in each.items()]
    assert [each for each in seen if len(each[1]) > (MOST_OPEN if each[0][0] == OPEN else MOST)] == []
    assert len(large) >= 80
    assert max(len(seen) for seen in large.values()) >= MOST - 3  # they are counted


def of_every_page(app: Flask, person: Person) -> dict[tuple[str, bool, bool], list[str]]:
    """What every page sends to the database, whole and as a fragment, for a member and for nobody."""
    found: dict[tuple[str, bool, bool], list[str]] = {}
    pages = [call.path for call in calls(app, number=person.id) if call.method == "GET" and not call.is_api]
    queries = (OPEN, "/people/?q=p0&sort=name&status=all", "/activity/?person=p01&kind=login", "/projects/?after=9")
    for path, headers, client in product(
        (*pages, *queries), ({}, FRAGMENT), (person.browser.client, app.test_client())
    ):
        with statements(app) as seen, client.get(path, headers=headers) as answer:
            assert answer.status_code < 500, path
        found[path, bool(headers), client is person.browser.client] = [one.sql for one in seen]
    return found

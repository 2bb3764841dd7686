"""The People list: who is on it, in which order, page by page, and at which price."""

import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import insert

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import User, search_index
from ls.queries import search
from ls.queries.pagination import Cursor
from ls.queries.people import SORTS, STATUSES, PeopleFilter, listing, plan
from ls.queries.people import Page as People
from tests.cast import Cast, Person
from tests.statements import statements

START = datetime(2026, 1, 1, tzinfo=UTC)


def crowd(app: Flask, number: int) -> None:
    """That many people, every third one deactivated, of whom two share each name and none was active twice at once."""
    rows = [
        {
            "email": f"p{index:03}@example.org",
            "email_key": f"p{index:03}@example.org",
            "first_name": f"Name {index // 2:03}",
            "name_key": f"name {index // 2:03}",
            "search_text": f"p{index:03}@example.org\nname {index // 2:03}",
            "status": "deactivated" if index % 3 == 2 else "active",
            "last_activity": START + timedelta(minutes=index * 7 % number),
            "activity_key": START + timedelta(minutes=index * 7 % number),
        }
        for index in range(number)
    ]
    with app.app_context():
        with write():
            db.session.execute(insert(User), rows)
            search_index.reindex(db.session.connection())
        db.session.remove()


def walk(wanted: PeopleFilter, limit: int) -> list[int]:
    """All pages' ids, one after another, and every page again on the way back."""
    page, pages = listing(wanted, limit=limit), []
    while page.after:
        pages.append(page)
        page = listing(wanted, after=page.after, limit=limit)
    back: People = page
    for former in reversed(pages):
        back = listing(wanted, before=back.before, limit=limit)
        assert back == former
    return [person.id for each in [*pages, page] for person in each.people]


ORDERS = [*SORTS, *(f"-{name}" for name in SORTS)]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("few", [0, 3000])
def test_the_pages_together_are_the_whole_list_in_order(
    app: Flask, status: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "FEW", few)
    crowd(app, 40)
    with app.app_context():
        for sort, q in product(ORDERS, ["", "name 0", "1"]):
            people = db.session.query(User).where(User.status.in_(STATUSES[status]), User.search_text.contains(q)).all()
            column = SORTS[sort.removeprefix("-")].key
            keys = sorted(((getattr(user, column), user.id) for user in people), reverse=sort.startswith("-"))
            assert walk(PeopleFilter(sort, status, q), 7) == [user_id for _, user_id in keys]


def test_a_tombstone_is_on_no_list(app: Flask, cast: Cast) -> None:
    cast.alice(sign_in=False)
    bob = cast.bob(sign_in=False)
    with app.app_context():
        with write():
            db.session.get_one(User, bob.id).bury()
        for status in STATUSES:
            for sort in SORTS:
                assert bob.id not in [person.id for person in listing(PeopleFilter(sort, status)).people]


def encoded(raw: str) -> str:
    return urlsafe_b64encode(raw.encode()).decode().rstrip("=")


NO_CURSORS = [
    *("", "x", "%00", "ü", "\udcff", "A" * 10_000),
    *map(encoded, ("[]", "[1, 2]", '["a", "b"]', '["a", 1e400]', '["\\u0000", 1]', '["\\ud800", 1]', '["a", -1]')),
    *map(encoded, (f'["a", {2**70}]', "[" * 3000, '{"a": 1}', '["a", true]')),
]


@pytest.mark.parametrize("sort", ["email", "last_activity"])
def test_a_broken_cursor_is_the_first_page(app: Flask, sort: str) -> None:
    crowd(app, 10)
    with app.app_context():
        first = listing(PeopleFilter(sort), limit=5)
        for cursor in NO_CURSORS:
            assert listing(PeopleFilter(sort), limit=5, after=cursor) == first, cursor
            assert listing(PeopleFilter(sort), limit=5, before=cursor) == first, cursor


def test_beyond_either_end_is_the_first_page(app: Flask) -> None:
    crowd(app, 10)
    with app.app_context():
        first = listing(PeopleFilter(), limit=3)
        assert listing(PeopleFilter(), limit=3, after=encoded('["z", 1]')) == first
        assert listing(PeopleFilter(), limit=3, before=encoded('["a", 1]')) == first


def steps(wanted: PeopleFilter, cursor: Cursor | None) -> list[str]:
    """What SQLite does for that page."""
    statement, values = plan(wanted, cursor, 51)
    compiled = statement.compile(db.engine)
    given = compiled.construct_params(values)
    ordered = tuple(str(given[name]) for name in compiled.positiontup or ())
    rows = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", ordered)
    return [row.detail for row in rows]


@pytest.mark.sqlite
def test_every_list_reads_its_own_index_and_no_more(app: Flask) -> None:
    crowd(app, 300)
    with app.app_context():
        for sort, status, is_after in product(ORDERS, STATUSES, (False, True)):
            key = START if sort.endswith("activity") else "p"
            done = steps(PeopleFilter(sort, status), Cursor(key, 5) if is_after else None)
            reads = [step for step in done if "users" in step]
            assert len(reads) == len(STATUSES[status]), done
            index = rf"SEARCH users USING INDEX ix_users_status_{sort.lstrip('-')[-8:]} \(status=\?"
            assert all(re.match(index, step) for step in reads), done
            # Both statuses' 51 rows are merged; nothing else is ever sorted.
            assert status == "all" or not [step for step in done if "B-TREE" in step], done


@pytest.mark.sqlite
def test_a_search_of_few_sorts_only_those_whom_it_found(app: Flask) -> None:
    crowd(app, 300)
    with app.app_context():
        for sort, status, is_after in product(("last_activity", "-last_activity"), STATUSES, (False, True)):
            done = steps(PeopleFilter(sort, status, "p01"), Cursor(START, 5) if is_after else None)
            reads = [step for step in done if "users" in step]
            assert reads == ["SEARCH users USING INTEGER PRIMARY KEY (rowid=?)"] * len(STATUSES[status]), done


@pytest.mark.sqlite
def test_a_search_reads_its_index_in_the_order_of_the_list(app: Flask) -> None:
    crowd(app, 300)
    with app.app_context():
        for sort, status, is_after, q in product(
            ("email", "-email", "name", "-name"), STATUSES, (False, True), ("p", "p01")
        ):
            done = steps(PeopleFilter(sort, status, q), Cursor("p", 5) if is_after else None)
            assert re.match(r"SCAN people_search(_by_name)? VIRTUAL TABLE INDEX", done[0]), done
            assert done[-1] == "SEARCH users USING INTEGER PRIMARY KEY (rowid=?)", done
            assert not [step for step in done if "B-TREE" in step or step.startswith("SCAN users")], done
            begins = [step for step in done if "neighbours" in step]
            assert len(begins) == (len(STATUSES[status]) if is_after else 0), done
            assert all("(status=? AND " in step for step in begins), done


def test_a_page_says_what_the_address_asks_for(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    crowd(app, 120)
    page = alice.browser.get("/people/?sort=-name&status=all").get_data(as_text=True)
    assert page.count('class="person"') == 50
    assert re.search(r'<th scope="col" aria-sort="descending">\s*<a class="sort" id="sort-name"', page)
    assert 'rel="next"' in page
    assert 'rel="prev"' not in page
    following = re.search(r'rel="next"[^>]*href="([^"]+)"', page)
    assert following
    second = alice.browser.get(following[1].replace("&amp;", "&")).get_data(as_text=True)
    assert 'rel="prev"' in second
    assert not set(re.findall(r'id="person-(\d+)"', page)) & set(re.findall(r'id="person-(\d+)"', second))


def test_a_fragment_is_the_list_and_tells_the_address_bar(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    cast.person("anna%b", sign_in=False, first_name="Anna")
    answer = alice.browser.fragment("/people/?q=A%25B&sort=email&status=active&strange=1")
    text = answer.get_data(as_text=True)
    assert text.startswith('<div id="people"')
    assert "<html" not in text
    assert answer.headers["HX-Push-Url"] == "/people/?q=A%25B"
    assert text.count('class="person"') == 1
    assert "1 person on this page" in text


def test_nobody_found_is_said_and_offers_to_invite(cast: Cast) -> None:
    text = cast.alice().browser.get("/people/?q=<script>").get_data(as_text=True)
    assert "Nobody matches “&lt;script&gt;”" in text
    assert text.count('href="/people/invite"') == 2
    assert "<table" not in text


def test_who_is_alone_is_invited_to_invite(cast: Cast) -> None:
    alice = cast.alice()
    assert "You are the only one here" in alice.browser.get("/people/").get_data(as_text=True)
    cast.bob(sign_in=False)
    assert "You are the only one here" not in alice.browser.get("/people/").get_data(as_text=True)


def test_never_active_is_said(cast: Cast) -> None:
    alice = cast.alice()
    cast.bob(sign_in=False)
    assert re.search(r'bob@example.org</td>\s*<td data-label="Last active"><span class="muted">Never', page_of(alice))


def page_of(person: Person) -> str:
    return person.browser.get("/people/").get_data(as_text=True)


def test_a_row_follows_its_person(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    assert "Bobby" not in page_of(alice)
    with app.app_context(), write():
        db.session.get_one(User, bob.id).first_name = "Bobby <b>"
    assert "Bobby &lt;b&gt;" in page_of(alice)


@pytest.mark.parametrize("path", ["/people/", "/people/?q=example", "/people/?status=all&sort=name", "/people/1"])
def test_a_page_costs_at_most_four_statements(app: Flask, cast: Cast, path: str) -> None:
    alice = cast.alice()
    crowd(app, 120)
    alice.browser.get(path)
    with statements(app) as seen:
        assert alice.browser.get(path).status_code == 200
    assert 2 <= len(seen) <= 4, seen


@pytest.mark.parametrize("path", ["/organization", "/organization/"])
def test_an_older_bookmark_leads_here(app: Flask, cast: Cast, path: str) -> None:
    for client in (cast.alice().browser.client, app.test_client()):  # a stranger logs in there
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (301, "/people/")


def test_it_opens_with_and_without_its_final_slash_but_not_for_strangers(app: Flask, cast: Cast) -> None:
    assert cast.alice().browser.get("/people").status_code == 200
    answer = app.test_client().get("/people/")
    assert answer.status_code == 302
    assert "/user/login/" in answer.location

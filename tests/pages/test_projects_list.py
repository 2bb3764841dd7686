"""Projects as a list: creating in place, pages by keyset, and a fixed number of statements."""

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Project
from ls.projects import tasks
from tests.cast import FRAGMENT, Cast, Person, session_cookie
from tests.conftest import Clock
from tests.db.test_transaction import in_threads
from tests.statements import statements

PAGE = "/projects/"


@pytest.fixture
def alice(cast: Cast) -> Person:
    return cast.alice()


def page(person: Person, path: str = PAGE) -> str:
    answer = person.browser.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def form_of(person: Person) -> dict[str, str]:
    """The one-time key of the page's form."""
    found = re.search(r'name="form_key"[^>]*value="([^"]+)"', page(person))
    assert found
    return {"form_key": found.group(1)}


def make(app: Flask, creator: int, number: int) -> None:
    rows = [{"title": f"Project {n:03}", "created_by_id": creator} for n in range(1, number + 1)]
    with app.app_context(), write() as session:
        session.add_all(Project(**row) for row in rows)


def titles(text: str) -> list[str]:
    return re.findall(r"<bdi>(Project \d+)</bdi>", text)


def number_of(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Project)) or 0


def test_without_a_project_the_page_says_what_one_is_and_leads_to_people(alice: Person) -> None:
    text = page(alice)
    assert "No projects yet" in text
    assert ">See who is here<" in text
    assert not re.search(r'id="new-project"\s+open', text)
    assert re.search(r'id="new-project"\s+open', page(alice, f"{PAGE}?new=1"))


def test_a_project_is_created_and_shown(app: Flask, alice: Person) -> None:
    done = alice.browser.post(PAGE, {"title": "  Product photos ", "description": "Chairs\r\n& tables"}, page=PAGE)
    assert (done.status_code, done.location) == (303, "/projects/1")
    text = page(alice, "/projects/1")
    assert "Product photos" in text
    assert "Chairs<br>" in text
    assert "&amp; tables" in text
    assert "alice@example.org" in text
    assert not re.search(r'id="new-project"\s+open', page(alice))
    with app.app_context():
        assert Project.find(1).description == "Chairs\n& tables"


def test_a_double_click_makes_one_project(app: Flask, alice: Person) -> None:
    values = {"title": "Photos", **form_of(alice)}
    places = {alice.browser.post(PAGE, values, page=PAGE).location for _ in range(2)}
    assert places == {"/projects/1"}
    assert number_of(app) == 1


def test_two_clicks_at_the_same_moment_create_one_project(app: Flask, alice: Person) -> None:
    values = {"title": "Photos", "csrf_token": alice.browser.csrf(PAGE), **form_of(alice)}
    cookie = alice.browser.client.get_cookie(session_cookie(app))
    assert cookie is not None
    places: set[str | None] = set()

    def click() -> None:
        client = app.test_client()
        client.set_cookie(cookie.key, cookie.value)
        places.add(client.post(PAGE, data=values).location)

    in_threads(4, click)
    assert places == {"/projects/1"}
    assert number_of(app) == 1


def test_another_title_from_the_same_page_makes_another_project(app: Flask, alice: Person) -> None:
    key = form_of(alice)
    for title in ("Photos", "Videos"):
        alice.browser.post(PAGE, {"title": title, **key}, page=PAGE)
    assert number_of(app) == 2


def test_the_same_title_from_two_pages_makes_two(app: Flask, alice: Person) -> None:
    for _ in range(2):
        alice.browser.post(PAGE, {"title": "Photos", **form_of(alice)}, page=PAGE)
    assert number_of(app) == 2


def test_somebody_elses_key_does_not_lead_to_their_project(app: Flask, cast: Cast, alice: Person) -> None:
    bob, values = cast.bob(), {"title": "Photos", **form_of(alice)}
    assert alice.browser.post(PAGE, values, page=PAGE).location == "/projects/1"
    assert bob.browser.post(PAGE, values, page=PAGE).location == "/projects/2"


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"title": "   "}, "Give the project a title."),
        ({"title": "a" * 256}, "Use at most 255 characters."),
        ({"title": "a\0b"}, "Leave out control characters."),
        ({"title": "a\nb"}, "Leave out control characters."),
        ({"title": "Photos", "description": "a" * 10_001}, "Use at most 10,000 characters."),
        ({"title": "Photos", "description": "\0"}, "Leave out control characters."),
    ],
)
@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_a_mistake_is_told_in_place_and_what_was_typed_stays(
    app: Flask, alice: Person, typed: dict[str, str], message: str, headers: dict[str, str]
) -> None:
    answer = alice.browser.post(PAGE, {"description": "kept & safe", **typed}, page=PAGE, headers=headers)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert message in text
    assert 'aria-invalid="true"' in text
    assert "kept &amp; safe" in text or "description" in typed
    assert re.search(r'id="new-project"\s+open', text)
    assert ("<!DOCTYPE" in text) == (not headers)
    assert number_of(app) == 0


def test_an_expired_page_keeps_what_was_typed(app: Flask, alice: Person) -> None:
    answer = alice.browser.client.post(PAGE, data={"csrf_token": "old", "title": "Photos"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "This page was open for too long" in text
    assert 'value="Photos"' in text
    assert number_of(app) == 0


def test_htmx_is_sent_to_the_new_project(alice: Person) -> None:
    answer = alice.browser.post(PAGE, {"title": "Photos"}, page=PAGE, headers=FRAGMENT)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, "/projects/1")


def test_nothing_but_the_forms_fields_is_written(app: Flask, cast: Cast, alice: Person) -> None:
    bob = cast.bob()
    extra = {"id": "77", "created_by_id": str(bob.id), "tasks_count": "5", "created_at": "2000-01-01"}
    alice.browser.post(PAGE, {"title": "Photos", **extra}, page=PAGE)
    with app.app_context():
        made = Project.find(1)
        assert (made.created_by_id, made.tasks_count, made.created_at.year > 2000) == (alice.id, 0, True)


def test_text_is_text(alice: Person) -> None:
    alice.browser.post(PAGE, {"title": "<script>alert(1)</script>", "description": "<b>"}, page=PAGE)
    for path in (PAGE, "/projects/1"):
        assert "<script>alert" not in page(alice, path)
        assert "&lt;script&gt;alert" in page(alice, path)


def test_pages_lead_on_and_back_without_losing_any(app: Flask, alice: Person) -> None:
    make(app, alice.id, 120)
    newest_first = [f"Project {n:03}" for n in range(120, 0, -1)]
    path, seen, paths = PAGE, [], [PAGE]
    while True:
        text = page(alice, path)
        seen += titles(text)
        found = re.search(r'rel="next"\s+href="([^"]+)"', text)
        if not found:
            break
        path = found.group(1)
        paths.append(path)
    assert seen == newest_first
    assert len(paths) == 3
    back = re.search(r'rel="prev"\s+href="([^"]+)"', page(alice, path))
    assert back
    assert titles(page(alice, back.group(1))) == newest_first[50:100]
    first = re.search(r'rel="prev"\s+href="([^"]+)"', page(alice, back.group(1)))
    assert first
    assert titles(page(alice, first.group(1))) == newest_first[:50]
    assert 'rel="prev"' not in page(alice, first.group(1))


def test_htmx_gets_the_list_alone(app: Flask, alice: Person) -> None:
    make(app, alice.id, 3)
    text = alice.browser.fragment(PAGE).get_data(as_text=True)
    assert text.lstrip().startswith('<div id="project-list">')
    assert "<h1>" not in text


@pytest.mark.parametrize(
    "query", ["after=0", "after=-5", f"after={10**30}", "before=99999", "after=x", "after=1&after=2"]
)
def test_an_odd_cursor_is_no_error(app: Flask, alice: Person, query: str) -> None:
    make(app, alice.id, 2)
    assert alice.browser.client.get(f"{PAGE}?{query}", follow_redirects=True).status_code == 200


@pytest.mark.parametrize("number", [0, 1, 60])
def test_the_list_costs_two_statements(app: Flask, cast: Cast, alice: Person, number: int, moved_clock: Clock) -> None:
    make(app, alice.id, number)
    make(app, cast.bob(sign_in=False).id, number)
    page(alice)
    with statements(app) as seen:
        page(alice)
    assert len(seen) == 2


def test_the_last_page_is_read_through_the_key(app: Flask, alice: Person) -> None:
    make(app, alice.id, 60)
    with statements(app) as seen:
        page(alice, f"{PAGE}?after=10")
    listed = next(one.sql for one in seen if "FROM projects" in one.sql)
    assert re.search(r"projects\.id\)? < ", listed)


def test_nobody_sees_it_without_logging_in(app: Flask, alice: Person) -> None:
    stranger = app.test_client()
    for path in (PAGE, "/projects", "/projects/1"):
        assert stranger.get(path).status_code == 302
    assert stranger.post(PAGE, data={"title": "x"}).status_code in {400, 401, 403}
    assert number_of(app) == 0


@pytest.mark.sqlite
@pytest.mark.parametrize("path", [f"{PAGE}?after=10", f"{PAGE}?before=10", "/projects/1", "/projects/1?after=10"])
def test_no_page_reads_a_table_to_its_end(app: Flask, alice: Person, path: str) -> None:
    make(app, alice.id, 60)
    with app.app_context(), write():
        tasks.create_many(Project.find(1), [{"data": {}}] * 60, None)
    page(alice)
    with statements(app) as seen:
        page(alice, path)
    asked = [one.sql for one in seen if one.sql.startswith("SELECT")]
    assert len(asked) >= 2
    with app.app_context(), db.engine.connect() as connection:
        for statement in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (1,) * statement.count("?"))
            steps = [str(row[3]) for row in plan]
            # Only the fifty contributors that were selected before are scanned.
            scans = [step for step in steps if step.startswith("SCAN")]
            assert all(re.fullmatch(r"SCAN (\(subquery-\d+\)|anon_\d+)", step) for step in scans), steps

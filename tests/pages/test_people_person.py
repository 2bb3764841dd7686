"""A person on People: the row that opens in place, and the page at its own URL."""

import re
from datetime import timedelta

import pytest
from flask import Flask

from ls.accounts import deletion
from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import utcnow
from ls.models import Annotation, User
from tests.cast import FRAGMENT, PASSWORD, Browser, Cast
from tests.factories import a_project, a_task, an_annotation


def test_an_opened_row_shows_what_was_created_and_contributed(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    with app.app_context():
        photos, streets = a_project(bob.id, "Photos <1>"), a_project(alice.id, "Streets")
        for project, number in ((photos, 2), (streets, 1)):
            for _ in range(number):
                an_annotation(a_task(project), bob.id)
    text = alice.browser.fragment(f"/people/{bob.id}").get_data(as_text=True)
    assert text.startswith(f'<tbody class="person" id="person-{bob.id}">')
    created, contributed = text.split("Contributed to")
    assert "Photos &lt;1&gt;" in created
    assert "Streets" not in created
    rows = re.findall(r'projects/(\d+)">[^<]*</a>\s*</th>\s*<td class="numeric"[^>]*>(\d+)</td>', contributed)
    assert rows == [(str(streets), "1"), (str(photos), "2")]
    assert "Just now" in contributed


def test_a_row_opens_and_closes_by_one_link(cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    opened = alice.browser.fragment(f"/people/{bob.id}").get_data(as_text=True)
    closed = alice.browser.fragment(f"/people/{bob.id}?open=0").get_data(as_text=True)
    assert f'aria-expanded="true" hx-get="/people/{bob.id}?open=0"' in opened
    assert "person-detail" in opened
    assert 'aria-expanded="false"' in closed
    assert f'hx-get="/people/{bob.id}"' in closed
    assert "person-detail" not in closed
    assert closed in alice.browser.get("/people/").get_data(as_text=True)


@pytest.mark.parametrize("query", ["", "?open=0"])
def test_without_javascript_it_is_a_page(cast: Cast, query: str) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    text = alice.browser.get(f"/people/{bob.id}{query}").get_data(as_text=True)
    assert "<h1>bob@example.org</h1>" in text
    assert "No projects yet" in text
    assert "No annotations yet" in text
    assert 'href="/people/"' in text
    assert f'action="/people/{bob.id}/deactivation"' in text


def test_deactivating_oneself_is_not_offered(cast: Cast) -> None:
    alice = cast.alice()
    assert "deactivation" not in alice.browser.get(f"/people/{alice.id}").get_data(as_text=True)


@pytest.mark.parametrize("number", [0, 999, 2**40, 2**70])
def test_nobody_there_is_a_404_in_place(cast: Cast, number: int) -> None:
    alice = cast.alice()
    assert alice.browser.get(f"/people/{number}").status_code == 404
    fragment = alice.browser.fragment(f"/people/{number}")
    assert fragment.status_code == 404
    assert fragment.get_data(as_text=True).startswith('<div id="flash"')


def test_a_deleted_user_has_no_row(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    with app.app_context(), write():
        deletion.delete(db.session.get_one(User, bob.id))
    assert alice.browser.get(f"/people/{bob.id}").status_code == 404


def test_long_lists_say_how_many_more(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    with app.app_context():
        for number in range(53):
            a_project(alice.id, f"Project {number}")
    text = alice.browser.fragment(f"/people/{alice.id}").get_data(as_text=True)
    assert len(re.findall(r'href="/projects/\d+"', text)) == 50
    assert "and 3 more" in text


CURRENT = "HX-Current-URL"


@pytest.mark.parametrize(
    ("current", "query", "address"),
    [
        ("/people/", "", "/people/?open={id}"),
        ("/people/?sort=name&after=abc&open=1", "", "/people/?sort=name&after=abc&open=1&open={id}"),
        ("/people/?open={id}&open=1", "?open=0", "/people/?open=1"),
        ("/people?q=b%26b", "", "/people/?q=b%26b&open={id}"),
        ("/people/?open={id}", "", "/people/?open={id}"),
    ],
)
def test_the_address_of_the_list_follows_its_rows(cast: Cast, current: str, query: str, address: str) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    headers = {**FRAGMENT, CURRENT: f"http://localhost{current.format(id=bob.id)}"}
    answer = alice.browser.client.get(f"/people/{bob.id}{query}", headers=headers)
    assert answer.headers["HX-Push-Url"] == address.format(id=bob.id)


@pytest.mark.parametrize("current", ["", "/people/2", "/projects/", "http://[", "//evil/people/x"])
def test_another_page_keeps_its_address(cast: Cast, current: str) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    answer = alice.browser.client.get(f"/people/{bob.id}", headers={**FRAGMENT, CURRENT: current})
    assert answer.status_code == 200
    assert "HX-Push-Url" not in answer.headers


def test_an_opened_row_says_how_they_came_and_where_they_are(closed_app: Flask) -> None:
    cast = Cast(closed_app)
    alice = cast.alice(first_name="Alice")
    invite = alice.browser.client.get("/api/invite", headers=alice.auth).get_json()["invite_url"]
    link = invite[invite.index("/user/") :]
    made = alice.browser.client.post("/api/users/", json={"email": "bob@example.org"}, headers=alice.auth).get_json()
    charlie = Browser(closed_app)
    sent = {"email": "charlie@example.org", "password": PASSWORD}
    assert charlie.post(link, sent, page=link).status_code == 302
    Browser(closed_app).sign_in("charlie@example.org")

    def said(user_id: int) -> list[str]:
        text = alice.browser.fragment(f"/people/{user_id}").get_data(as_text=True)
        told = re.findall(r"<dd>(.*?)</dd>", text, re.S)
        return [" ".join(re.sub(r"<[^>]+>", "", one).split()) for one in told]

    def joined(user_id: int) -> str:
        return re.sub(r"^\d+ \w+ \d+", "", said(user_id)[0])

    assert joined(alice.id) == ""
    assert joined(made["id"]) == ", invited by Alice"
    assert joined(made["id"] + 1) == ", with the invite link"
    assert said(made["id"])[1:] == ["Never", "0 devices"]
    assert said(made["id"] + 1)[1:] == ["Just now", "2 devices"]
    assert said(alice.id)[1:] == ["Just now", "1 device"]


def test_a_chart_without_a_bar_says_so(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    with app.app_context():
        an_annotation(a_task(a_project(alice.id)), alice.id)
        with write() as session:
            session.execute(db.update(Annotation).values(created_at=utcnow() - timedelta(weeks=20)))
    text = alice.browser.fragment(f"/people/{alice.id}").get_data(as_text=True)
    assert "None in the last twelve weeks" in text
    assert 'class="chart"' not in text


def test_the_chart_is_of_the_person(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    assert "<rect" not in alice.browser.fragment(f"/people/{bob.id}").get_data(as_text=True)
    with app.app_context():
        task = a_task(a_project(alice.id))
        for _ in range(3):
            an_annotation(task, bob.id)
    text = alice.browser.fragment(f"/people/{bob.id}").get_data(as_text=True)
    assert re.findall(r"text-anchor=.middle.>(\d+)</text>", text) == ["3"]
    assert "<caption>Annotations per week</caption>" in text
    assert 'class="chart"' not in alice.browser.fragment(f"/people/{alice.id}").get_data(as_text=True)

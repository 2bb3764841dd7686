"""A person on People: the row that opens in place, and the page at its own URL."""

import re

import pytest
from flask import Flask

from ls.accounts import deletion
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import User
from tests.cast import Cast
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

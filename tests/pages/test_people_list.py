"""The People list as a page: its addresses, fragments, empty lists, and the number of statements."""

import re

import pytest
from flask import Flask

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import User
from tests.cast import Cast, Person
from tests.growth import crowd
from tests.statements import statements


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


def test_the_only_member_is_offered_to_invite(cast: Cast) -> None:
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


def test_a_row_shows_a_change_at_once(app: Flask, cast: Cast) -> None:
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
def test_the_urls_of_older_releases_redirect(app: Flask, cast: Cast, path: str) -> None:
    for client in (cast.alice().browser.client, app.test_client()):  # a visitor is sent to the login page from there
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (301, "/people/")


def test_it_opens_with_and_without_its_final_slash_but_not_for_visitors(app: Flask, cast: Cast) -> None:
    assert cast.alice().browser.get("/people").status_code == 200
    answer = app.test_client().get("/people/")
    assert answer.status_code == 302
    assert "/user/login/" in answer.location

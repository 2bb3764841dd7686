"""The People list as a page: its addresses, fragments, empty lists, and the number of statements."""

import re

import pytest
from flask import Flask

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import User
from ls.projects import deletion
from tests.cast import Cast, Person
from tests.factories import a_project, a_task, an_annotation
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
    assert "1–50 of 121" in page
    following = re.search(r'rel="next"[^>]*href="([^"]+)"', page)
    assert following
    second = alice.browser.get(following[1].replace("&amp;", "&")).get_data(as_text=True)
    assert 'rel="prev"' in second
    assert "51–100 of 121" in second
    assert len(re.findall(r'role="status">\s*121 people', second)) == 1
    assert not set(re.findall(r'id="person-(\d+)"', page)) & set(re.findall(r'id="person-(\d+)"', second))


def test_each_status_says_how_many_it_has_unless_some_are_searched_for(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    crowd(app, 30)
    counts = re.compile(r'<span class="nums">(\d+)</span></a>')
    assert counts.findall(alice.browser.get("/people/").get_data(as_text=True)) == ["21", "10", "31"]
    assert counts.findall(alice.browser.get("/people/?q=name").get_data(as_text=True)) == []


def test_a_fragment_is_the_list_and_tells_the_address_bar(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    cast.person("anna%b", sign_in=False, first_name="Anna")
    answer = alice.browser.fragment("/people/?q=A%25B&sort=email&status=active&strange=1")
    text = answer.get_data(as_text=True)
    assert text.startswith('<div id="people"')
    assert "<html" not in text
    assert answer.headers["HX-Push-Url"] == "/people/?q=A%25B"
    assert text.count('class="person"') == 1
    assert re.search(r'id="people-said" hx-swap-oob="innerHTML">\s*1 person\s*</p>', text)


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
    bob = cast.bob(sign_in=False)
    assert re.search(r'data-label="Last active"><span class="muted">Never', rows_of(page_of(alice))[bob.id])


def page_of(person: Person, path: str = "/people/") -> str:
    return person.browser.get(path).get_data(as_text=True)


def rows_of(page: str) -> dict[int, str]:
    """The row of each person, by id, in the order of the page."""
    return {
        int(found[1]): found[0]
        for found in re.finditer(r'<tbody class="person" id="person-(\d+)".*?</tbody>', page, re.S)
    }


def opened(page: str) -> list[int]:
    return [user_id for user_id, row in rows_of(page).items() if "person-detail" in row]


def link(page: str, name: str) -> str:
    found = re.search(rf'id="people-{name}" class="button"[^>]* href="([^"]+)"', page)
    assert found, name
    return found[1].replace("&amp;", "&")


def test_first_and_last_lead_to_either_end(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    crowd(app, 120)
    first = page_of(alice, "/people/?status=all&sort=-name")
    last = page_of(alice, link(first, "last"))
    assert "101–121 of 121" in last
    assert len(rows_of(last)) == 21
    assert "51–100 of 121" in page_of(alice, link(last, "prev"))
    assert rows_of(page_of(alice, link(last, "first"))) == rows_of(first)
    for page, ends in ((first, ("first", "prev")), (last, ("next", "last"))):
        for name in ends:
            assert re.search(rf'id="people-{name}" class="button" role="link" aria-disabled="true"', page)


def test_the_number_of_people_is_that_of_the_search(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    crowd(app, 240)
    page = page_of(alice, "/people/?q=name&status=all")
    assert "240 people" in page
    assert "1–50 of 240" in page
    assert "51–100 of 240" in page_of(alice, link(page, "next"))
    assert "160 people" in page_of(alice, "/people/?q=name")


def test_open_rows_are_in_the_address(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    crowd(app, 12)
    page = page_of(alice, "/people/?open=3&open=5&sort=name")
    assert opened(page) == [3, 5]
    closing = re.search(r'id="person-toggle-3" href="([^"#]+)#person-3" aria-expanded="true"', page)
    opening = re.search(r'id="person-toggle-6" href="([^"#]+)#person-6" aria-expanded="false"', page)
    assert closing
    assert opening
    assert opened(page_of(alice, closing[1].replace("&amp;", "&"))) == [5]
    assert opened(page_of(alice, opening[1].replace("&amp;", "&"))) == [3, 5, 6]


@pytest.mark.parametrize("sort", ["", "&sort=-last_activity", "&sort=annotations", "&q=name"])
def test_who_is_open_is_on_the_page_that_an_address_without_a_page_shows(app: Flask, cast: Cast, sort: str) -> None:
    alice = cast.alice()
    crowd(app, 200)
    last = list(rows_of(page_of(alice, f"/people/?before=last&status=all{sort}")))[-1]
    page = page_of(alice, f"/people/?status=all&open={last}{sort}")
    assert opened(page) == [last]
    assert ("151–200 of 200" if "q=" in sort else "201–201 of 201") in page


@pytest.mark.parametrize("value", ["0", "999999", "-1", "x", "", "9" * 30, "3&open=3&open=%00"])
def test_other_values_open_nothing_and_break_nothing(app: Flask, cast: Cast, value: str) -> None:
    alice = cast.alice()
    crowd(app, 5)
    assert opened(page_of(alice, f"/people/?open={value}")) == ([3] if value.startswith("3") else [])


def test_at_most_ten_rows_are_open(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    crowd(app, 40)
    page = page_of(alice, "/people/?status=all&" + "&".join(f"open={number}" for number in range(1, 31)))
    assert opened(page) == list(range(21, 31))


def test_annotations_of_all_projects_are_counted_and_sorted_by(app: Flask, cast: Cast) -> None:
    alice, bob, charlie = cast.alice(), cast.bob(sign_in=False), cast.charlie(sign_in=False)
    with app.app_context():
        photos, streets, gone = (a_project(alice.id, title) for title in ("Photos", "Streets", "Gone"))
        for project, author in ((photos, bob), (streets, bob), (gone, charlie), (gone, charlie), (gone, charlie)):
            an_annotation(a_task(project), author.id)
        an_annotation(a_task(photos), bob.id, was_cancelled=True)
        assert order(alice, "-annotations") == {charlie.id: 3, bob.id: 2, alice.id: 0}
        with write():
            deletion.delete_project(gone)
        assert order(alice, "-annotations") == {bob.id: 2, charlie.id: 0, alice.id: 0}
        assert order(alice, "annotations") == {alice.id: 0, charlie.id: 0, bob.id: 2}
        with write():
            deletion.restore_project(gone)
        assert order(alice, "annotations") == {alice.id: 0, bob.id: 2, charlie.id: 3}


def order(person: Person, sort: str) -> dict[int, int]:
    """How many annotations each row says, in the order of the page."""
    rows = rows_of(page_of(person, f"/people/?sort={sort}"))
    counts = {user_id: re.search(r'data-label="Annotations">(\d+)</td>', row) for user_id, row in rows.items()}
    found = {user_id: int(count[1]) for user_id, count in counts.items() if count}
    ids = list(found)
    assert ids == sorted(ids, key=lambda user_id: (found[user_id], user_id), reverse=sort.startswith("-"))
    return found


def test_one_is_marked_and_nothing_is_said_twice(cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False, first_name="Bob")
    rows = rows_of(page_of(alice))
    assert [user_id for user_id, row in rows.items() if ">You</span>" in row] == [alice.id]
    assert rows[alice.id].count("alice@example.org") == 1
    assert 'class="person-name"' not in rows[alice.id]
    assert re.search(
        r'"person-name">[^<]*Bob[^<]*</span>\s*<span class="person-email">bob@example.org</span>', rows[bob.id]
    )


def test_a_row_shows_a_change_at_once(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob(sign_in=False)
    assert "Bobby" not in page_of(alice)
    with app.app_context(), write():
        db.session.get_one(User, bob.id).first_name = "Bobby <b>"
    assert "Bobby &lt;b&gt;" in page_of(alice)


OPEN = "/people/?sort=-last_activity&q=example&status=all&" + "&".join(f"open={number}" for number in range(50, 60))


@pytest.mark.parametrize(
    ("path", "most"),
    [
        *((path, 4) for path in ("/people/", "/people/?q=example", "/people/?status=all&sort=name")),
        *(("/people/1", 6), ("/people/?open=1", 8), (OPEN, 10)),
    ],
)
def test_a_page_costs_few_statements_however_many_rows_are_open(app: Flask, cast: Cast, path: str, most: int) -> None:
    alice = cast.alice()
    crowd(app, 120)
    alice.browser.get(path)
    with statements(app) as seen:
        assert alice.browser.get(path).status_code == 200
    assert 2 <= len(seen) <= most, seen


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

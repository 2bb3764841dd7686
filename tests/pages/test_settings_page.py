"""Account & Settings as a page: what it shows, and the number of statements."""

import re

from flask import Flask

from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import utcnow
from ls.models import Contribution, Project
from ls.web import i18n
from tests.cast import Browser, Cast
from tests.statements import statements

PAGE = "/user/account/"
SECTIONS = ["profile", "picture", "email", "password", "token", "sessions", "membership", "appearance"]


def test_every_section_stands_on_the_page_with_its_anchor(cast: Cast) -> None:
    page = cast.alice().browser.get(PAGE)
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert re.findall(r'<section class="section"\s+id="(\w+)"', text) == SECTIONS
    assert re.findall(r'<a href="#(\w+)">', text) == SECTIONS


def test_the_page_opens_with_and_without_its_final_slash(cast: Cast) -> None:
    assert cast.alice().browser.get("/user/account").status_code == 200


def test_nobody_sees_it_without_logging_in(app: Flask) -> None:
    answer = app.test_client().get(PAGE)
    assert answer.status_code == 302
    assert "/user/login/" in answer.location


def test_no_id_is_given_twice(cast: Cast) -> None:
    ids = re.findall(r'\sid="([^"]+)"', cast.alice().browser.get(PAGE).get_data(as_text=True))
    assert sorted(ids) == sorted(set(ids))


def test_the_email_is_shown_and_its_field_begins_empty(cast: Cast) -> None:
    text = _section(cast.alice().browser.get(PAGE).get_data(as_text=True), "email")
    assert "You log in with alice@example.org." in text
    field = re.search(r'<input[^>]* id="new-email"[^>]*>', text)
    assert field
    assert 'value=""' in field[0]


def test_what_crops_pictures_is_small_and_loaded_here_alone(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    found = re.search(r'<script src="([^"]+crop\.js[^"]+)" defer>', alice.browser.get(PAGE).text)
    assert found
    assert "crop.js" not in alice.browser.get("/people/").text
    with app.test_client().get(found[1]) as answer:
        assert len(answer.data) < 20 * 1024
        assert "immutable" in answer.headers["Cache-Control"]


def test_the_phone_says_who_reads_it(cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob()
    page = alice.browser.get(PAGE).get_data(as_text=True)
    assert "Optional. Every member can read it through the API." in _section(page, "profile")
    alice.browser.post(PAGE, {"phone": "+44 1865 276150"}, page=PAGE)
    read = bob.browser.client.get(f"/api/users/{alice.id}/", headers=bob.auth).json
    assert read["phone"] == "+44 1865 276150"


def test_membership_counts_what_was_submitted_and_where(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    with app.app_context(), write():
        for count in (1203, 1, 0):
            project = Project(title="Photos", created_by_id=alice.id)
            db.session.add(project)
            db.session.flush()
            db.session.add(
                Contribution(user_id=alice.id, project_id=project.id, annotations_count=count, last_at=utcnow())
            )
    text = _section(alice.browser.get(PAGE).get_data(as_text=True), "membership")
    values = [re.sub(r"<[^>]+>", "", value).strip() for value in re.findall(r"<dd[^>]*>(.*?)</dd>", text, re.DOTALL)]
    with app.test_request_context():
        today = i18n.day(utcnow())
    assert values == ["Label Studio", str(alice.id), today, "1,204", "2"]


def test_the_page_asks_the_database_five_things_at_most(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    for _ in range(3):
        assert Browser(app).sign_in(alice.email).status_code == 302
    alice.browser.get(PAGE)
    with statements(app) as seen:
        assert alice.browser.get(PAGE).status_code == 200
    assert 2 <= len(seen) <= 5, seen


def test_a_name_is_text_wherever_it_stands(cast: Cast) -> None:
    alice = cast.alice(first_name="<script>alert(1)</script>", last_name='"><b>')
    text = alice.browser.get(PAGE).get_data(as_text=True)
    assert "<script>alert" not in text
    assert '"><b>' not in text


def _section(text: str, name: str) -> str:
    return text.partition(f'id="{name}"')[2].partition("</section>")[0]

"""Pictures in Account & Settings: a preview before saving, and every error in place."""

import re
from base64 import b64decode
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from ls.db.extensions import db
from ls.models import Avatar, Event
from tests import pictures
from tests.cast import FRAGMENT, Cast, Person

PAGE = "/user/account/"
PREVIEW, SAVE, DELETE = f"{PAGE}avatar/preview", f"{PAGE}avatar", f"{PAGE}avatar/delete"
PNG = pictures.saved(pictures.drawing(), "PNG")
TOO_LARGE = "Please use an image that is 512 x 512 pixels or smaller."
UNREADABLE = "Can't read image, try another one"

REFUSED = [
    (pictures.saved(pictures.drawing((513, 8)), "PNG"), TOO_LARGE),
    (b"\x89PNG" + bytes(1_048_576), TOO_LARGE),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", UNREADABLE),
    (PNG[:60], UNREADABLE),
    (b"", UNREADABLE),
]


def test_a_preview_shows_the_picture_twice_and_stores_nothing(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    answer = send(alice, PREVIEW, PNG, headers=FRAGMENT)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert text.lstrip().startswith('<div id="avatar-preview"')
    shown = re.findall(r'class="preview-(\d+)"\s+src="data:image/(?:png|jpeg);base64,([^"]+)"', text)
    assert [size for size, _ in shown] == ["96", "32"]
    assert b64decode(shown[0][1]).startswith(b"\x89PNG")
    assert kept(app) == (0, [])


def test_without_javascript_a_preview_is_the_whole_page(app: Flask, cast: Cast) -> None:
    answer = send(cast.alice(), PREVIEW, PNG)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "<html" in text
    assert 'class="preview-96"' in text
    assert kept(app) == (0, [])


@pytest.mark.parametrize(("data", "message"), REFUSED, ids=["wide", "heavy", "drawing", "torn", "empty"])
@pytest.mark.parametrize("path", [PREVIEW, SAVE], ids=["preview", "save"])
def test_a_refused_picture_is_told_in_place(app: Flask, cast: Cast, path: str, data: bytes, message: str) -> None:
    answer = send(cast.alice(), path, data, headers=FRAGMENT)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert message in text
    assert "<html" not in text
    assert "data:image" not in text
    assert kept(app) == (0, [])


def test_without_javascript_a_refusal_is_the_whole_page(cast: Cast) -> None:
    answer = send(cast.alice(), SAVE, b"no picture")
    assert answer.status_code == 422
    assert "<html" in answer.get_data(as_text=True)
    assert UNREADABLE in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", [PREVIEW, SAVE])
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "Choose a picture first."),
        ({"avatar": "text"}, "Choose a picture first."),
        ({"avatar": (BytesIO(b""), "")}, "Choose a picture first."),
    ],
)
def test_a_missing_file_is_told(cast: Cast, path: str, fields: dict[str, Any], message: str) -> None:
    alice = cast.alice()
    fresh = {name: (BytesIO(b""), value[1]) if isinstance(value, tuple) else value for name, value in fields.items()}
    answer = alice.browser.post(path, fresh, page=PAGE, content_type="multipart/form-data", headers=FRAGMENT)
    assert answer.status_code == 422
    assert message in answer.get_data(as_text=True)


def test_two_files_are_one_too_many(app: Flask, cast: Cast) -> None:
    two = {"avatar": [(BytesIO(PNG), "a.png"), (BytesIO(PNG), "b.png")]}
    answer = cast.alice().browser.post(SAVE, two, page=PAGE, content_type="multipart/form-data", headers=FRAGMENT)
    assert answer.status_code == 422
    assert "Choose one picture only." in answer.get_data(as_text=True)
    assert kept(app) == (0, [])


@pytest.mark.parametrize("path", [PREVIEW, SAVE], ids=["preview", "save"])
@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_more_than_the_server_takes_is_413_and_told_alike(cast: Cast, path: str, headers: dict[str, str]) -> None:
    answer = send(cast.alice(), path, bytes(3 * 1_048_576), headers=headers)
    assert (answer.status_code, TOO_LARGE in answer.text) == (413, True)
    assert ("<html" in answer.text) is not bool(headers)


def test_too_much_for_another_form_is_not_about_pictures(cast: Cast) -> None:
    answer = cast.alice().browser.post(PAGE, {"first_name": "x" * 3 * 1_048_576}, page=PAGE)
    assert (answer.status_code, TOO_LARGE in answer.text) == (413, False)


def test_a_saved_picture_is_in_the_section_and_in_the_bar(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    answer = send(alice, SAVE, PNG, headers=FRAGMENT)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert text.lstrip().startswith('<section class="section" id="picture"')
    assert "Picture saved" in text
    addresses = re.findall(r'src="(/data/avatars/[^"]+)"', text)
    assert len(addresses) == 3
    assert len(set(addresses)) == 1
    assert re.search(r'id="account-menu"\s+hx-swap-oob="true"', text)
    assert alice.browser.get(addresses[0]).mimetype == "image/png"
    assert kept(app) == (1, ["avatar_saved"])


def test_without_javascript_saving_leads_back_to_the_section(cast: Cast) -> None:
    alice = cast.alice()
    answer = send(alice, SAVE, PNG)
    assert (answer.status_code, answer.location) == (303, f"{PAGE}#picture")
    assert "Picture saved" in alice.browser.get(PAGE).get_data(as_text=True)


def test_a_removed_picture_leaves_initials_and_one_event(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    send(alice, SAVE, PNG)
    for _ in range(2):
        answer = alice.browser.post(DELETE, page=PAGE, headers=FRAGMENT)
        text = answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert "/data/avatars/" not in text
        assert "Picture removed" in text
        assert 'id="account-menu"' in text
    assert kept(app) == (0, ["avatar_saved", "avatar_removed"])


def test_without_javascript_removing_leads_back_to_the_section(cast: Cast) -> None:
    answer = cast.alice().browser.post(DELETE, page=PAGE)
    assert (answer.status_code, answer.location) == (303, f"{PAGE}#picture")


@pytest.mark.parametrize("path", [PREVIEW, SAVE, DELETE])
def test_an_expired_page_gets_a_section_that_works_again(app: Flask, cast: Cast, path: str) -> None:
    alice = cast.alice()
    send(alice, SAVE, PNG)
    before = kept(app)
    answer = alice.browser.client.post(path, data={"avatar": (BytesIO(b"x"), "x.png")}, headers=FRAGMENT)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert text.lstrip().startswith('<section class="section" id="picture"')
    assert "This page was open for too long" in text
    assert path != PREVIEW or answer.headers["HX-Retarget"] == "#picture"
    assert kept(app) == before


def test_the_name_of_the_file_means_nothing(app: Flask, cast: Cast) -> None:
    alice = cast.alice()
    assert send(alice, SAVE, PNG, name="../../<script>.php").status_code == 303
    with app.app_context():
        assert re.fullmatch(r"[0-9a-f]{40}\.png", db.session.scalars(select(Avatar.name)).one())


def send(person: Person, path: str, data: bytes, *, name: str = "me.png", headers: dict[str, str] | None = None) -> Any:
    fields = {"avatar": (BytesIO(data), name)}
    answer = person.browser.post(path, fields, page=PAGE, content_type="multipart/form-data", headers=headers)
    answer.request.environ["wsgi.input"].close()  # the test client leaves its file of a large upload open
    return answer


def kept(app: Flask) -> tuple[int, list[str]]:
    """How many pictures are stored, and the events about them."""
    with app.app_context():
        kinds = db.session.scalars(select(Event.kind).where(Event.kind.like("avatar_%")).order_by(Event.id))
        return db.session.scalar(select(func.count()).select_from(Avatar)) or 0, list(kinds)

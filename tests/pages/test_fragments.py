"""The fragment convention: one root element with an id, and beside it only elements that name their own target."""

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from flask import Flask

from tests.cast import FRAGMENT, Browser, Cast, Person
from tests.factories import a_project
from tests.safety.routes import calls

VOID = {"input", "img", "br", "hr", "meta", "link", "path", "circle", "rect", "use"}
# What the forms of a member send.
SENT = {
    "/user/account/": {"first_name": "x" * 300},
    "/user/account/password": {"current_password": "wrong", "new_password": "short"},
    "/user/account/token/reset": {},
    "/user/account/avatar/preview": {},
    "/user/account/avatar": {},
    "/user/account/avatar/delete": {},
    "/user/account/sessions/delete-others": {},
    "/projects/": {"title": ""},
    "/projects/1": {"title": ""},
    "/people/2/deactivation": {},
    "/people/2/deactivation/delete": {},
    "/people/invite/reset": {},
}


class Roots(HTMLParser):
    """Collects the outermost elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.depth, self.found = 0, list[tuple[str, dict[str, str | None]]]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect an outermost element."""
        if self.depth == 0:
            self.found.append((tag, dict(attrs)))
        self.depth += tag not in VOID

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Skip elements without content, such as `<use />`."""

    def handle_endtag(self, tag: str) -> None:
        """One level up."""
        self.depth -= tag not in VOID


def is_fragment_of_one(text: str) -> bool:
    """Whether it is one element with an id, and beside it only elements that name their own target."""
    roots = Roots(text).found
    own = [attrs for tag, attrs in roots if tag != "hx-partial" and "hx-swap-oob" not in attrs]
    return all("id" in attrs for attrs in own) and len(own) <= 1 <= len(roots)


@pytest.fixture
def alice(app: Flask, cast: Cast) -> Person:
    """Alice; Bob and a project exist as well."""
    alice = cast.alice()
    cast.bob(sign_in=False)
    with app.app_context():
        a_project(alice.id)
    return alice


def answers(app: Flask, browser: Browser) -> Iterator[tuple[str, str]]:
    for call in calls(app):
        if call.method != "GET" or call.is_api:
            continue
        with browser.fragment(call.path) as answer:
            assert "HX-Request-Type" in answer.headers["Vary"], call.path
            if answer.mimetype == "text/html" and answer.data and answer.status_code not in {301, 302, 303}:
                yield call.path, answer.get_data(as_text=True)


def test_what_htmx_gets_is_one_element_with_an_id(app: Flask, alice: Person) -> None:
    fragments = {path: text for path, text in answers(app, alice.browser) if not text.lstrip().startswith("<!DOCTYPE")}
    assert set(fragments) >= {"/people/", "/people/1", "/people/invite", "/projects/", "/projects/1", "/activity/"}
    assert [path for path, text in fragments.items() if not is_fragment_of_one(text)] == []


def test_so_is_what_comes_back_from_a_form(alice: Person) -> None:
    for path, data in SENT.items():
        answer = alice.browser.post(path, data, page="/user/account/", headers=FRAGMENT)
        assert answer.status_code in {200, 409, 422}, path
        assert is_fragment_of_one(answer.get_data(as_text=True)), path
        assert "HX-Request-Type" in answer.headers["Vary"]


@pytest.mark.parametrize("path", ["/user/signup/", "/user/login/"])
def test_so_are_the_forms_of_visitors(app: Flask, path: str) -> None:
    answer = Browser(app).post(path, {"email": "", "password": ""}, page=path, headers=FRAGMENT)
    assert answer.status_code == 422
    assert is_fragment_of_one(answer.get_data(as_text=True))


def test_without_a_session_htmx_is_sent_to_the_login_page(app: Flask) -> None:
    for call in calls(app):
        if call.is_api or call.is_public:
            continue
        answer = Browser(app).client.open(call.path, method=call.method, headers=FRAGMENT)
        assert (answer.status_code, answer.data) == (401, b""), call
        assert answer.headers["HX-Redirect"].startswith("/user/login/"), call

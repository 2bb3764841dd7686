"""What goes wrong is told in the product's hand: as a page, and to htmx as a message."""

from collections.abc import Callable

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from ls.exceptions import InvalidFields, Throttled
from ls.web.auth import public
from tests.cast import FRAGMENT, PASSWORD, Cast


def fields() -> None:
    """A rule said no where no form could show it."""
    raise InvalidFields({"title": ["Give it a title."]})


def slow() -> None:
    """Too many attempts."""
    raise Throttled(7)


def bug() -> None:
    """A defect."""
    raise ZeroDivisionError("secret detail")


def gone() -> None:
    """The database does not answer."""
    raise OperationalError("SELECT secret", {}, Exception("secret detail"))


VIEWS: dict[str, Callable[[], None]] = {
    "400": lambda: abort(400),
    "403": lambda: abort(403),
    "413": lambda: abort(413),
    "422": fields,
    "429": slow,
    "500": bug,
    "503": gone,
}
ADDRESSES = {400: "/400", 403: "/403", 404: "/nowhere", 405: "/user/language", 413: "/413", 422: "/422", 429: "/429"}
ADDRESSES |= {500: "/500", 503: "/503"}


@pytest.fixture
def visitor(make_app: Callable[..., Flask]) -> FlaskClient:
    """A browser at an installation that has a view for each failure."""
    app = make_app(PROPAGATE_EXCEPTIONS=False)
    for name, view in VIEWS.items():
        app.add_url_rule(f"/{name}", name, public(view))
    return app.test_client()


@pytest.mark.parametrize("status", ADDRESSES)
def test_each_failure_has_a_page(visitor: FlaskClient, status: int) -> None:
    answer = visitor.get(ADDRESSES[status])
    text = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert text.lstrip().startswith("<!DOCTYPE html>")
    assert f">{status}<" in text
    assert text.count("<h1>") == 1
    assert 'href="/">' in text
    assert "Roster" in text
    assert "app.css" in text
    assert "secret" not in text
    assert "Traceback" not in text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "HX-Request-Type" in answer.headers["Vary"]


@pytest.mark.parametrize("status", ADDRESSES)
def test_each_speaks_the_language_of_its_reader(visitor: FlaskClient, status: int) -> None:
    text = visitor.get(ADDRESSES[status], headers={"Accept-Language": "zh-CN"}).get_data(as_text=True)
    heading = text.partition("<h1>")[2].partition("</h1>")[0]
    assert 'lang="zh-Hans"' in text
    assert heading
    assert not heading.isascii()


@pytest.mark.parametrize("status", ADDRESSES)
def test_htmx_gets_a_message_and_no_page(visitor: FlaskClient, status: int) -> None:
    answer = visitor.get(ADDRESSES[status], headers=FRAGMENT)
    text = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert '<div id="flash" hx-swap-oob="innerHTML">' in text
    assert "<html" not in text
    assert "<h1" not in text


def test_waiting_is_told_to_machines_too(visitor: FlaskClient) -> None:
    assert visitor.get("/429").headers["Retry-After"] == "7"
    assert visitor.get("/503").headers["Retry-After"] == "5"
    assert set(visitor.get("/user/language").headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


BAR = '<header class="bar">'


@pytest.mark.parametrize("path", ["/nowhere", "/people/4711", "/projects/4711", "/user/language"])
def test_a_member_keeps_the_bar(cast: Cast, path: str) -> None:
    alice = cast.alice()
    answer = alice.browser.get(path)
    assert answer.status_code in {404, 405}
    assert BAR in answer.text
    assert answer.text.count("<h1>") == 1
    assert "app.css" in answer.text


@pytest.mark.parametrize("status", ADDRESSES)
def test_a_visitor_sees_none(visitor: FlaskClient, status: int) -> None:
    assert BAR not in visitor.get(ADDRESSES[status]).get_data(as_text=True)


def test_nor_does_a_member_where_the_host_or_the_database_is_wrong(make_app: Callable[..., Flask]) -> None:
    app = make_app(PROPAGATE_EXCEPTIONS=False)
    app.add_url_rule("/503", "503", public(gone))
    alice = Cast(app).alice()
    for answer in (alice.browser.get("/503"), alice.browser.get("/nowhere", headers={"Host": "evil.example"})):
        assert answer.status_code in {400, 503}
        assert BAR not in answer.text


@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_a_header_with_an_address_is_ascii(cast: Cast, headers: dict[str, str]) -> None:
    alice = cast.alice(sign_in=False)
    data = {"email": alice.email, "password": PASSWORD, "next": "/people/?q=王"}
    answer = alice.browser.post("/user/login/", data, page="/user/login/", headers=headers)
    assert answer.headers.get("HX-Redirect" if headers else "Location") == "/people/?q=%E7%8E%8B"


@pytest.mark.parametrize("path", ["/people/?q=王", "/activity/?person=王&since=2026-01-01"])
def test_so_is_the_one_that_htmx_shows(cast: Cast, path: str) -> None:
    shown = cast.alice().browser.fragment(path).headers["HX-Push-Url"]
    assert shown.isascii()
    assert "%E7%8E%8B" in shown

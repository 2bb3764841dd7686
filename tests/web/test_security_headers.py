"""Security headers stand on every answer, and a view's own value stays."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient

from ls.exceptions import DomainError
from ls.web import proxy, responses, static

EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.fixture
def bare() -> Flask:
    """A tiny application of every kind of answer, behind the same middleware."""
    app = Flask(__name__, static_folder="../../ls/static")
    app.add_url_rule("/page", "page", view_func=lambda: "page")
    app.add_url_rule("/stream", view_func=stream)
    app.add_url_rule("/picture", view_func=picture)
    app.add_url_rule("/boom", view_func=boom)
    app.add_url_rule("/vary/<path:value>", view_func=vary)
    app.config.update(HOST="", TRUSTED_PROXIES=())
    responses.init_app(app)
    static.init_app(app)
    proxy.init_app(app)
    app.register_error_handler(DomainError, lambda refused: (str(refused), refused.status))
    return app


def stream() -> Response:
    """An answer in pieces."""
    pieces: Iterator[str] = iter(("a", "b"))
    return Response(pieces)


def picture() -> Response:
    """A stored picture, locked in harder than a page."""
    response = Response(b"x", content_type="image/png")
    response.headers["content-security-policy"] = "default-src 'none'; sandbox"
    response.headers["cache-control"] = "private, max-age=31536000, immutable"
    return response


def boom() -> Response:
    """A defect."""
    raise RuntimeError


def etagged() -> Response:
    """An answer that a browser may already have."""
    response = Response("x")
    response.set_etag("abc")
    response.make_conditional(request)
    return response


def vary(value: str) -> Response:
    """An answer with its own Vary."""
    return Response("x", headers={"Vary": value})


@pytest.fixture
def visitor(bare: Flask) -> FlaskClient:
    """A browser in front of it."""
    return bare.test_client()


@pytest.mark.parametrize("path", ["/page", "/stream", "/boom", "/missing", "/static/missing.css"])
def test_every_answer_has_them(visitor: FlaskClient, path: str) -> None:
    found = visitor.get(path).headers
    assert {name: found[name] for name in EXPECTED} == EXPECTED
    assert found["Content-Security-Policy"] == responses.CONTENT_SECURITY_POLICY
    assert found["Cache-Control"] == "no-store"
    assert found["Vary"] == "HX-Request-Type"
    assert "camera=()" in found["Permissions-Policy"]


def test_what_the_proxy_refuses_has_them_too(visitor: FlaskClient) -> None:
    response = visitor.get("/page", headers={"Host": "a b"})
    assert response.status_code == 400
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"


def test_the_policy_allows_nothing_inline() -> None:
    policy = dict(part.split(" ", 1) for part in responses.CONTENT_SECURITY_POLICY.split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }


def test_a_view_keeps_its_own(visitor: FlaskClient) -> None:
    found = visitor.get("/picture").headers
    assert found.getlist("Content-Security-Policy") == ["default-src 'none'; sandbox"]
    assert found.getlist("Cache-Control") == ["private, max-age=31536000, immutable"]


def test_a_static_file_keeps_its_own_caching(visitor: FlaskClient) -> None:
    response = visitor.get("/static/vendor/README.md")
    assert response.headers["Cache-Control"] == "no-cache"
    response.close()


@pytest.mark.parametrize(
    ("own", "merged"),
    [
        ("Cookie", "Cookie, HX-Request-Type"),
        ("hx-request-type", "hx-request-type"),
        ("*", "*"),
    ],
)
def test_vary_is_merged(visitor: FlaskClient, own: str, merged: str) -> None:
    assert visitor.get(f"/vary/{own}").headers.getlist("Vary") == [merged]


def test_only_https_asks_for_https(visitor: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in visitor.get("/page").headers
    found = visitor.get("/page", base_url="https://localhost").headers
    assert found["Strict-Transport-Security"] == "max-age=31536000"


def test_the_scheme_is_the_configured_one(make_app: Callable[..., Flask]) -> None:
    client = make_app(HOST="https://example.org").test_client()
    assert client.get("/health", base_url="http://example.org").headers["Strict-Transport-Security"]


def test_a_304_has_them(bare: Flask, visitor: FlaskClient) -> None:
    bare.add_url_rule("/file", "file", view_func=etagged)
    first = visitor.get("/file")
    again = visitor.get("/file", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.headers["Content-Security-Policy"] == responses.CONTENT_SECURITY_POLICY

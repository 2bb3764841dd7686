"""What every response gets: gzip where the browser takes it, and static files kept for ever under their hash."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, render_template_string, request
from flask.testing import FlaskClient

from ls.web import responses, static

LONG = "A sentence, again and again. " * 200
VARY = "HX-Request-Type, Accept-Encoding"
URL = "{{ request.script_root }}{{ static_files['app.css'] }}"
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def bare(tmp_path: Path) -> Flask:
    """A tiny application with each kind of answer, and a static folder of its own."""
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "app.css").write_text(LONG, encoding="utf-8")
    (folder / "tiny.js").write_text("1", encoding="utf-8")
    (folder / "photo.png").write_bytes(b"\x89PNG" + b"\0" * 5000)
    app = Flask(__name__, static_folder=str(folder), static_url_path="/static")
    responses.init_app(app)
    static.init_app(app)
    app.add_url_rule("/made", view_func=made, methods=["GET", "POST"])
    app.add_url_rule("/stream", view_func=stream)
    app.add_url_rule("/url", "url", view_func=lambda: render_template_string(URL))
    return app


def made() -> Response:
    """An answer as the query string wants it."""
    wish = request.args
    size, kind = int(wish.get("size", 5000)), wish.get("type", "text/html; charset=utf-8")
    response = Response("x" * size, int(wish.get("status", 200)), content_type=kind)
    if "encoding" in wish:
        response.headers["Content-Encoding"] = wish["encoding"]
    if "etag" in wish:
        response.set_etag("abc")
    return response


def stream() -> Response:
    """An answer in pieces."""
    pieces: Iterator[str] = iter((LONG, LONG))
    return Response(pieces)


class ClosingClient(FlaskClient):
    """Closes each response once it was read, as a server does."""

    def open(self, *arguments: Any, **options: Any) -> Any:
        """Send the request and read all of the response."""
        response = super().open(*arguments, **options)
        response.get_data()
        response.close()
        return response


@pytest.fixture
def visitor(bare: Flask) -> FlaskClient:
    """A browser in front of it."""
    bare.test_client_class = ClosingClient
    return bare.test_client()


@pytest.mark.parametrize(
    "kind", ["text/html; charset=utf-8", "text/css", "application/json", "text/javascript", "image/svg+xml"]
)
def test_a_long_text_is_packed(visitor: FlaskClient, kind: str) -> None:
    response = visitor.get("/made", query_string={"type": kind}, headers=GZIP)
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.vary.to_header() == VARY
    assert int(response.headers["Content-Length"]) == len(response.data) < 300
    assert gzip.decompress(response.data) == b"x" * 5000


def test_an_error_page_is_packed_too(visitor: FlaskClient) -> None:
    response = visitor.get("/made?status=422", headers=GZIP)
    assert gzip.decompress(response.data) == b"x" * 5000


@pytest.mark.parametrize(
    "query",
    [
        "size=1023",
        "type=image/png",
        "type=application/octet-stream",
        "status=206",
        "encoding=br",
        "status=204",
    ],
)
def test_what_gains_nothing_is_left_alone(visitor: FlaskClient, query: str) -> None:
    response = visitor.get(f"/made?{query}", headers=GZIP)
    assert response.headers.get("Content-Encoding") in {None, "br"}
    assert not response.data.startswith(b"\x1f\x8b")


def test_a_stream_stays_a_stream(visitor: FlaskClient) -> None:
    response = visitor.get("/stream", headers=GZIP)
    assert "Content-Encoding" not in response.headers
    assert response.text == LONG + LONG


@pytest.mark.parametrize("header", ["", "identity", "br", "gzip;q=0", "*;q=0", "deflate, gzip; q=0.0", "gzipx"])
def test_a_browser_that_does_not_take_it_gets_plain_text(visitor: FlaskClient, header: str) -> None:
    response = visitor.get("/made", headers={"Accept-Encoding": header})
    assert response.data == b"x" * 5000
    assert response.vary.to_header() == VARY


@pytest.mark.parametrize("header", ["gzip", "GZIP", "*", "br, gzip;q=0.1", "identity;q=0, *;q=0.5"])
def test_a_browser_that_takes_it_gets_it(visitor: FlaskClient, header: str) -> None:
    assert visitor.get("/made", headers={"Accept-Encoding": header}).headers["Content-Encoding"] == "gzip"


def test_head_has_the_headers_of_get(visitor: FlaskClient) -> None:
    head = visitor.head("/made", headers=GZIP)
    assert (head.headers["Content-Encoding"], head.data) == ("gzip", b"")
    # The padding's length is random, so the two may differ by up to it.
    assert abs(int(head.headers["Content-Length"]) - len(visitor.get("/made", headers=GZIP).data)) < 100


def test_a_strong_etag_becomes_weak(visitor: FlaskClient) -> None:
    assert visitor.get("/made?etag=1", headers=GZIP).headers["ETag"] == 'W/"abc"'
    assert visitor.get("/made?etag=1").headers["ETag"] == '"abc"'


def test_the_length_of_a_packed_page_tells_nothing() -> None:
    lengths = {len(responses.gzip_padded(LONG.encode())) for _ in range(200)}
    assert len(lengths) > 30
    assert gzip.decompress(responses.gzip_padded(LONG.encode())) == LONG.encode()
    assert gzip.decompress(responses.gzip_padded(b"")) == b""


def test_a_static_file_under_its_hash_is_kept_for_ever(visitor: FlaskClient) -> None:
    url = visitor.get("/url").text
    assert url.startswith("/static/app.css?v=")
    assert len(url.partition("?v=")[2]) == 10
    response = visitor.get(url, headers=GZIP)
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert gzip.decompress(response.data) == LONG.encode()
    assert int(response.headers["Content-Length"]) == len(response.data)
    assert response.content_type == "text/css; charset=utf-8"


@pytest.mark.parametrize("query", ["", "?v=", "?v=0123456789"])
def test_under_another_hash_the_browser_asks_again(visitor: FlaskClient, query: str) -> None:
    assert visitor.get(f"/static/app.css{query}").headers["Cache-Control"] == "no-cache"


def test_the_prefix_is_in_the_url(visitor: FlaskClient) -> None:
    text = visitor.get("/url", environ_overrides={"SCRIPT_NAME": "/ls"}).text
    assert text.startswith("/ls/static/app.css?v=")


def test_plain_and_packed_are_one_file_to_the_cache(visitor: FlaskClient) -> None:
    packed, plain = visitor.get("/static/app.css", headers=GZIP), visitor.get("/static/app.css")
    assert plain.text == LONG
    assert packed.get_etag()[0] == plain.get_etag()[0]
    assert packed.get_etag()[1]
    assert packed.headers["Vary"] == plain.headers["Vary"] == VARY
    again = visitor.get("/static/app.css", headers={**GZIP, "If-None-Match": packed.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "Content-Encoding" not in again.headers


def test_a_static_head_is_exactly_its_get(visitor: FlaskClient) -> None:
    head, get = visitor.head("/static/app.css", headers=GZIP), visitor.get("/static/app.css", headers=GZIP)
    assert head.data == b""
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


@pytest.mark.parametrize("name", ["tiny.js", "photo.png"])
def test_small_and_packed_formats_are_sent_as_they_are(visitor: FlaskClient, name: str) -> None:
    response = visitor.get(f"/static/{name}", headers=GZIP)
    assert response.status_code == 200
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize("name", ["missing.css", "../test_responses.py", "%2e%2e/x", "", "a%00b", "x" * 5000])
def test_what_is_not_there_is_a_404(visitor: FlaskClient, name: str) -> None:
    assert visitor.get(f"/static/{name}").status_code == 404

"""Text that has broken servers, and a way to send it byte by byte and to see what came of it."""

import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote_from_bytes

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.safety.routes import Call, calls

TEXTS: tuple[bytes, ...] = (
    b"<script>hostile()</script>",
    b"\"'><img src=x onerror=hostile()>",
    b"</title></textarea><script>hostile()</script>",
    b"javascript:hostile()",
    b"x{{7*7}}x${7*7}x{%print(7*7)%}x",
    b"%(email)s %s %n {0} {email.__class__}",
    b"' OR 1=1; DROP TABLE users; --",
    b"../../../../etc/passwd",
    b"..\\..\\secret_key",
    b"%00%0d%0a%ff",
    b"nul\0nul",
    b"\r\nSet-Cookie: hostile=1\r\n\r\n<script>hostile()</script>",
    b"\xff\xfe\x80 no UTF-8",
    b"\xed\xa0\xbd half a pair",
    "\u202eright to left\u2066 \u200b\ufeff \U0001f600 e\u0301 \u0130".encode(),
    b"\x1b[31m\x07\x08",
    b"9" * 400,
    b"-9223372036854775809",
    b"1e999",
    b"NaN",
    b" ",
    b"a" * 10_000,
)
RAW = (b"<script>hostile", b"<img src=x onerror", b"x49x", b"root:x:0")


class Prober:
    """Sends anything, and keeps what must not be seen: a broken server, or text that became code."""

    def __init__(self, app: Flask, client: FlaskClient) -> None:
        self.app, self.client = app, client
        self.failures: list[tuple[Any, ...]] = []
        self._own_token = ""
        self.statuses: Counter[int] = Counter()

    def send(
        self, method: str, path: str, *, about: Any = "", client: FlaskClient | None = None, **options: Any
    ) -> TestResponse:
        """Send, and look at the answer."""
        answer = (client or self.client).open(path, method=method, buffered=True, **options)
        self.statuses[answer.status_code] += 1
        if answer.status_code >= 500:
            self.failures.append((answer.status_code, method, path, about))
        if answer.mimetype == "text/html" and any(raw in answer.data for raw in RAW):
            self.failures.append(("unescaped", method, path, about))
        if "hostile" in answer.headers.get("Set-Cookie", "") or "\n" in str(answer.headers.get("Location")):
            self.failures.append(("header", method, path, about))
        return answer

    def form(
        self, path: str, fields: dict[str, bytes], *, client: FlaskClient | None = None, about: Any = ""
    ) -> TestResponse:
        """Send a form exactly so, with the token of the client's session."""
        client = client or self.client
        body = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in fields.items() if name != "csrf_token")
        answer = self.send(
            "POST",
            path,
            client=client,
            about=about,
            data=f"csrf_token={self._token(client)}&{body}",
            content_type="application/x-www-form-urlencoded",
        )
        if answer.status_code in {302, 303}:  # what was just stored may be overwritten before the end
            self.send("GET", answer.headers["Location"].partition("#")[0], client=client, about=about)
        return answer

    def _token(self, client: FlaskClient) -> str:
        if client is not self.client:
            return csrf(client)
        self._own_token = self._own_token or csrf(client)
        return self._own_token

    def look_around(self) -> None:
        """Open every page, whole and as fragments, with what is stored by now."""
        for call in pages(self.app):
            for headers in ({}, {"HX-Request": "true", "HX-Request-Type": "partial"}):
                self.send("GET", call.path, about="afterwards", headers=headers)


def forms(app: Flask, member: FlaskClient, *more: str) -> dict[str, set[str]]:
    """Every form with fields that a member or a visitor can see, on every page and those of `more`, by its path."""
    found: dict[str, set[str]] = {}
    for client in (member, app.test_client()):
        for path in (*(page.path for page in pages(app)), *more):
            reader = _Forms()
            reader.feed(client.get(path, buffered=True).get_data(as_text=True))
            for action, fields in reader.found.items():
                found.setdefault(action, set()).update(fields)
    return {path: fields | {"next"} for path, fields in found.items() if fields - {"next"}}


def pages(app: Flask) -> list[Call]:
    """Every GET that is no part of the API and has no text in its path."""
    return [call for call in calls(app) if call.method == "GET" and not call.is_api and "nothing" not in call.path]


def csrf(client: FlaskClient) -> str:
    """The token that the session's forms carry: on the account's page, or for visitors at the login."""
    for path in ("/user/account/", "/user/login/"):
        found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
        if found:
            return found[1]
    raise AssertionError("no form anywhere")


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, set[str]] = {}
        self._at: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            posts = (given.get("method") or "").lower() == "post"
            self._at = (given.get("action") or "").partition("?")[0] if posts else None
        name = given.get("name")
        if name and self._at is not None and tag in {"input", "textarea", "select", "button"} and name != "csrf_token":
            self.found.setdefault(self._at, set()).add(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._at = None

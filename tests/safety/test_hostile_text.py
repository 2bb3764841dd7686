"""Text is text: in every field, query, path and header it is answered with 2xx, 3xx or 4xx, and never becomes code."""

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import count
from pathlib import Path
from urllib.parse import quote_from_bytes

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ls.accounts import sign_up
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import OneTimeCode, Project, User
from tests.cast import PASSWORD, Cast
from tests.letters import MAIL
from tests.safety.hostile import TEXTS, Prober, csrf, forms
from tests.safety.routes import Call, calls

VIEWS = Path(__file__).parents[2] / "ls" / "blueprints"
FORM = "application/x-www-form-urlencoded"
PUBLIC_FORMS = (
    "/user/signup/",
    "/setup/",
    "/user/login/",
    "/user/set-password/",
    "/user/forgot-password/",
    "/user/language",
)
PROBED_HEADERS = (
    *("ACCEPT", "ACCEPT_ENCODING", "ACCEPT_LANGUAGE", "AUTHORIZATION", "CONTENT_ENCODING", "COOKIE", "FORWARDED"),
    *("HOST", "HX_CURRENT_URL", "HX_REQUEST", "HX_REQUEST_TYPE", "HX_TARGET", "IF_MODIFIED_SINCE", "IF_NONE_MATCH"),
    *("ORIGIN", "RANGE", "REFERER", "USER_AGENT", "X_API_KEY", "X_CSRFTOKEN", "X_REQUEST_ID"),
    *("X_FORWARDED_FOR", "X_FORWARDED_HOST", "X_FORWARDED_PREFIX", "X_FORWARDED_PROTO"),
)
Make = Callable[..., Flask]


@pytest.fixture
def app(make_app: Make) -> Flask:
    """Answers a defect with 500, as in production, and trusts the tests as its proxy."""
    return make_app(PROPAGATE_EXCEPTIONS=False, TRUSTED_PROXIES="127.0.0.1", **MAIL)


@pytest.fixture
def prober(app: Flask) -> Iterator[Prober]:
    """Alice's browser with a project; in the end every page is looked at, and nothing may have broken."""
    alice = Cast(app).alice()
    with app.app_context(), write():
        Project.create("Photos", db.session.get_one(User, alice.id))
    found = Prober(app, alice.browser.client)
    yield found
    found.look_around()
    assert found.failures == []
    assert found.statuses[401] < found.statuses.total() / 10, "the prober was signed out on the way"


@pytest.fixture
def found(app: Flask, prober: Prober) -> dict[str, set[str]]:
    """Every form there is, with its fields; that of a first password as well."""
    with app.app_context(), write():
        bob = sign_up.create_account(sign_up.prepare("bob@example.org", None))
        code = OneTimeCode.issue(bob)
    return forms(app, prober.client, f"/user/set-password/{code}")


def visitor(app: Flask, path: str, prober: Prober) -> FlaskClient:
    """The client that sends this form: one that is not logged in for public forms, else Alice's."""
    return app.test_client() if path.startswith(PUBLIC_FORMS) else prober.client


def posts(app: Flask) -> list[Call]:
    """Every POST but the log-out; what is deleted or deactivated does not exist."""
    pairs = zip(calls(app, number=1), calls(app, number=999), strict=True)
    found = [other if "delete" in one.path or "deactivation" in one.path else one for one, other in pairs]
    return [call for call in found if call.method == "POST" and call.endpoint != "auth.logout"]


numbers = count()


def usual(fields: set[str]) -> dict[str, bytes]:
    """What makes the rest of a form right, so that the hostile field is what counts."""
    known = {
        "email": f"person{next(numbers)}@example.org".encode(),
        "current_password": PASSWORD.encode(),
        **dict.fromkeys(("password", "new_password", "confirm_password"), b"another pass phrase"),
        "language": b"en",
        "appearance": b"auto",
        "emails": f"invited{next(numbers)}@example.org".encode(),
        "expires": b"never",
        "uses": b"3",
        "next": b"/people/",
    }
    return {name: known.get(name, b"text") for name in sorted(fields)}


Forms = dict[str, set[str]]


def test_every_field_of_every_form(app: Flask, prober: Prober, found: Forms) -> None:
    assert {"email", "password"} <= found["/user/signup/"]
    assert {"first_name", "last_name", "phone"} <= found["/user/account/"]
    assert len(found) == 15, found
    for path, fields in found.items():
        for name in sorted(fields):
            for text in TEXTS:
                sent = {**usual(fields), name: text}
                if name == "new_password":  # would be taken, and the next one sends the old one
                    sent["confirm_password"] = b"something else"
                prober.form(path, sent, client=visitor(app, path, prober), about=(name, text[:30]))


def test_every_field_everywhere_at_once(app: Flask, prober: Prober, found: Forms) -> None:
    names = set().union(*found.values())
    for call in posts(app):
        if not call.is_api:
            for text in TEXTS:
                client = visitor(app, call.path, prober)
                prober.form(call.path, dict.fromkeys(names, text), client=client, about=text[:30])


def test_every_name_in_every_query(app: Flask, prober: Prober) -> None:
    names = set(re.findall(r'(?:args|values)\.get\("(\w+)"', "".join(f.read_text() for f in VIEWS.rglob("*.py"))))
    names |= {"after", "before", "page", "page_size", "search", "ordering", "contributed_to_projects", "v"}
    assert {"q", "sort", "status", "next", "token"} <= names
    reading = [call for call in calls(app) if call.method == "GET"]
    for turn, text in enumerate(TEXTS):
        quoted = quote_from_bytes(text)
        for call in reading:
            everything = "&".join(f"{name}={quoted}" for name in sorted(names))
            one = sorted(names)[turn % len(names)]
            for query in (everything,) if call.is_api else (everything, f"{one}={quoted}&{quoted}={quoted}"):
                prober.send("GET", call.path, about=query[:40], query_string=query)


def test_every_place_holder_of_every_path(app: Flask, prober: Prober) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.arguments]
    for rule in rules:
        for text in TEXTS:
            path = re.sub(r"<[^>]+>", lambda _match, text=text: text.decode("latin-1"), rule.rule)
            for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
                prober.send(method, "/", about=rule.rule, environ_overrides={"PATH_INFO": path})


def test_every_header(app: Flask, prober: Prober) -> None:
    paths = ("/people/", "/user/login/", "/api/current-user/whoami")
    for name in PROBED_HEADERS:
        for text in TEXTS:
            environ = {f"HTTP_{name}": text.decode("latin-1")}
            client = app.test_client() if name == "COOKIE" else prober.client
            for path in paths:
                prober.send("GET", path, client=client, about=(name, text[:30]), environ_overrides=environ)
            prober.send("POST", "/user/login/", client=client, about=(name, text[:30]), environ_overrides=environ)


def test_a_browser_with_a_hostile_name_is_listed(app: Flask, prober: Prober) -> None:
    for text in TEXTS:
        client = app.test_client()
        data = {"email": "alice@example.org", "password": PASSWORD, "csrf_token": csrf(client)}
        agent = {"HTTP_USER_AGENT": text.decode("latin-1")}
        answer = prober.send("POST", "/user/login/", client=client, data=data, environ_overrides=agent)
        assert answer.status_code == 302


def test_every_body_that_is_no_form(app: Flask, prober: Prober) -> None:
    token = csrf(prober.client).encode()
    part = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    kept = part % (b"csrf_token", b"", token)
    bodies = (
        ("multipart/form-data", b"--b\r\n\r\n"),
        ("multipart/form-data; boundary=", b"----\r\n\r\n"),
        ("multipart/form-data; boundary=b", kept),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: \xff\0; name\r\n\r\nx\r\n--b--"),
        (
            "multipart/form-data; boundary=b",
            kept + part % (b"title", b"", b"\xff\0<script>hostile()</script>") + b"--b--",
        ),
        ("multipart/form-data; boundary=b", kept + (part % (b"title", b"", b"x")) * 200 + b"--b--"),
        ("multipart/form-data; boundary=" + "b" * 5000, b"--" + b"b" * 5000),
        ("application/json", b'{"csrf_token": NaN'),
        ("application/xml", b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>"),
        ("text/plain", b"\xff\0"),
        ("application/x-www-form-urlencoded; charset=utf-7", b"title=+ADw-script+AD4-&csrf_token=" + token),
        (FORM, b"csrf_token=" + token + b"&title=a&title=%00&title=b&" + b"&=&%" * 500),
        ("", b"title=a"),
    )
    for call in posts(app):
        for kind, body in bodies:
            prober.send("POST", call.path, about=(kind[:40], body[:40]), data=body, content_type=kind)
        large = prober.send("POST", call.path, data=b"x" * 2_200_000, content_type=FORM)
        assert large.status_code in {400, 401, 403, 404, 409, 413, 415, 422}, call


def test_every_name_and_kind_of_an_upload(app: Flask, prober: Prober) -> None:
    token = csrf(prober.client)
    for path in ("/user/account/avatar", "/user/account/avatar/preview"):
        for text in TEXTS:
            name = text.decode("latin-1")
            picture = (BytesIO(text), name, name.replace("\n", "").replace("\r", ""))
            prober.send("POST", path, about=text[:30], data={"csrf_token": token, "avatar": picture})


@settings(max_examples=15, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    text=st.one_of(
        st.text(st.characters(codec=None), max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.binary(max_size=60),
    )
)
def test_anything_in_any_form_and_query(app: Flask, prober: Prober, found: Forms, text: bytes) -> None:
    for path, fields in found.items():
        prober.form(path, dict.fromkeys(fields, text), client=visitor(app, path, prober), about=text)
    for path in ("/people/", "/activity/", "/projects/", "/user/signup/", "/user/login/"):
        names = ("q", "sort", "after", "before", "kind", "person", "next", "token")
        query = "&".join(f"{name}={quote_from_bytes(text)}" for name in names)
        prober.send("GET", path, about=text, query_string=query)

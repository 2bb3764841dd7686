"""One line per request and event, that nobody can forge and that holds no secret."""

import json
import logging
import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from flask import Flask, abort, g
from flask.testing import FlaskClient

from ls.exceptions import DomainError
from ls.web import proxy
from ls.web import request_log as logs

SECRET = "d9b2e0c1a4f54c3e8f7a6b5c4d3e2f1a0b9c8d7e"
LINE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [a-z_]+ ")


@pytest.fixture(autouse=True)
def _quiet_afterwards() -> Iterator[None]:
    """Take the handler away again, so that other tests start from nothing."""
    yield
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, logs.StderrHandler)]:
        root.removeHandler(handler)


def make(log_format: str = "text", trusted: tuple[Any, ...] = ()) -> Flask:
    """A tiny application with the log in front."""
    app = Flask(__name__)
    app.config.update(LOG_FORMAT=log_format, SECRET_KEY="k" * 32)
    logs.init_app(app)
    app.add_url_rule("/", "home", view_func=lambda: "home")
    app.add_url_rule("/boom", view_func=boom)
    app.add_url_rule("/event", view_func=event)
    app.add_url_rule("/in", view_func=sign_in)
    app.register_error_handler(DomainError, lambda refused: (str(refused), refused.status))
    app.add_url_rule("/no", "no", view_func=lambda: abort(403))
    app.config.update(HOST="", TRUSTED_PROXIES=trusted)
    proxy.init_app(app)
    return app


def boom() -> str:
    """A defect whose text looks like a line of the log."""
    raise RuntimeError("first\n2026-01-01T00:00:00.000Z request status=200 forged=yes")


def event() -> str:
    """An event with a secret among its fields."""
    logs.log_event("login", email="alice@example.org", password=SECRET, api_token=SECRET, note=None)
    return "done"


def sign_in() -> str:
    """Know who asks, as the guard does."""
    g.user_id = 7
    return "in"


@pytest.fixture
def visitor() -> FlaskClient:
    """A browser in front of it."""
    return make().test_client()


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What was logged since the last look."""
    return capsys.readouterr().err.splitlines()


def test_a_request_is_one_line(visitor: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    response = visitor.get("/", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    [line] = lines(capsys)
    assert LINE.match(line)
    assert f" request id={response.headers['X-Request-Id']} method=GET path=/ status=200 ms=" in line
    assert line.endswith(" address=192.0.2.7")


@pytest.mark.parametrize(("path", "status"), [("/none", 404), ("/no", 403)])
def test_a_refusal_is_one_line(
    visitor: FlaskClient, capsys: pytest.CaptureFixture[str], path: str, status: int
) -> None:
    visitor.get(path)
    [line] = lines(capsys)
    assert f"path={path} status={status} " in line


def test_what_the_proxy_refuses_is_one_line(visitor: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    visitor.get(f"/?token={SECRET}", headers={"Host": "a b"})
    [line] = lines(capsys)
    assert " method=GET path=/ status=400 " in line
    assert SECRET not in line


def test_json_if_asked(capsys: pytest.CaptureFixture[str]) -> None:
    make("json").test_client().get("/é\u2028", headers={"User-Agent": "x"})
    [line] = lines(capsys)
    found = json.loads(line)
    assert list(found)[:2] == ["time", "event"]
    assert (found["event"], found["status"], found["path"]) == ("request", 404, "/é\u2028")
    assert (found["method"], found["user"]) == ("GET", None)
    assert isinstance(found["ms"], float)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_secret_is_ever_written(capsys: pytest.CaptureFixture[str], log_format: str) -> None:
    visitor = make(log_format).test_client()
    visitor.get(f"/?token={SECRET}&next=/")
    visitor.get(f"/user/set-password/{SECRET}/")
    visitor.get("/", headers={"Authorization": f"Token {SECRET}", "Cookie": f"ls_session={SECRET}"})
    visitor.get("/event")
    text = capsys.readouterr().err
    assert SECRET not in text
    assert "token=" not in text.replace("api_token=", "")
    assert text.count(logs.HIDDEN) == 3
    assert "alice@example.org" in text


def test_a_static_name_of_any_length_stays_readable() -> None:
    name = "/static/vendor/a-rather-long-name-4.0.1.min.js"
    assert logs.safe_path(name) == name
    assert logs.safe_path("/api/organizations/1/memberships/") == "/api/organizations/1/memberships/"
    assert logs.safe_path(f"/x/{SECRET}.{SECRET}.{SECRET}") == "/x/[hidden]"


@pytest.mark.parametrize("letter", ["\n", "\r", "\0", "\x1b[2J", "\u2028", "\u202e", "\x85", "\t", "\udcff"])
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_no_line_can_be_forged(capsys: pytest.CaptureFixture[str], letter: str, log_format: str) -> None:
    logs.set_up(log_format)
    logs.log_event("login", email=f"a{letter}2026 request status=200")
    text = capsys.readouterr().err
    assert text.endswith("\n")
    assert len(text.splitlines()) == 1
    assert text[:-1].isprintable()


def test_a_field_cannot_pass_for_two(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("text")
    logs.log_event("login", email='a" status="200\\', empty="")
    [line] = lines(capsys)
    assert line.endswith(r'email="a\" status=\"200\\" empty=""')


@pytest.mark.parametrize("path", ["/%0d%0a2026-01-01%20forged", "/%00", "/%ff"])
def test_a_path_cannot_forge_a_line(visitor: FlaskClient, capsys: pytest.CaptureFixture[str], path: str) -> None:
    visitor.get(path)
    assert len(lines(capsys)) == 1


def test_a_traceback_stands_behind_a_bar(visitor: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    assert visitor.get("/boom").status_code == 500
    found = lines(capsys)
    assert [line for line in found if line.endswith("forged=yes")] == [
        "  | 2026-01-01T00:00:00.000Z request status=200 forged=yes"
    ]
    assert sum(bool(LINE.match(line)) for line in found) == 2
    assert "status=500" in found[-1]


def test_a_traceback_is_a_field_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    make("json").test_client().get("/boom")
    first, second = map(json.loads, lines(capsys))
    assert (first["level"], second["status"]) == ("ERROR", 500)
    assert "RuntimeError" in first["traceback"]


def test_the_person_is_named(visitor: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    visitor.get("/in")
    [line] = lines(capsys)
    assert line.endswith(" user=7")


def test_a_request_id_comes_from_a_trusted_proxy_only(capsys: pytest.CaptureFixture[str]) -> None:
    sent = {"X-Request-Id": "abc-123.DEF_4"}
    trusting = make(trusted=(ip_network("127.0.0.1"),)).test_client()
    assert trusting.get("/", headers=sent).headers["X-Request-Id"] == "abc-123.DEF_4"
    assert "id=abc-123.DEF_4 " in lines(capsys)[0]
    assert make().test_client().get("/", headers=sent).headers["X-Request-Id"] != "abc-123.DEF_4"
    for wrong in ("short", "x" * 65, "with space", "<script>", "ümlauts1"):
        answered = trusting.get("/", headers={"X-Request-Id": wrong}).headers["X-Request-Id"]
        assert re.fullmatch("[0-9a-f]{16}", answered)


def test_requests_have_different_ids(visitor: FlaskClient) -> None:
    assert len({visitor.get("/").headers["X-Request-Id"] for _ in range(20)}) == 20


def test_an_event_carries_its_requests_id(visitor: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    identifier = visitor.get("/event").headers["X-Request-Id"]
    first, second = lines(capsys)
    assert f" login id={identifier} email=alice@example.org " in first
    assert f"id={identifier} " in second


def test_an_event_outside_a_request_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("text")
    logs.log_event("signup", kind_of="cli", email="王@例子.cn")
    [line] = lines(capsys)
    assert line.endswith(" signup kind_of=cli email=王@例子.cn")


def test_setting_up_again_adds_no_second_line(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        make()
    make("json").test_client().get("/")
    [line] = lines(capsys)
    assert json.loads(line)["event"] == "request"


def test_libraries_speak_in_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("text")
    logging.getLogger("some.library").warning("careful: %s", "a\nb")
    [line] = lines(capsys)
    assert line.endswith(r' message level=WARNING logger=some.library message="careful: a\nb"')


def test_the_development_servers_query_strings_stay_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("text")
    logger = logging.getLogger("werkzeug")
    logger.warning('127.0.0.1 - - [24/Nov/2026 08:00:00] "GET /user/signup/?token=%s HTTP/1.1" 200 -', SECRET)
    logger.warning(" * Running on http://127.0.0.1:5000")
    [line] = lines(capsys)
    assert "Running on" in line

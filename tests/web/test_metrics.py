"""/metrics: off unless a setting turns it on, and then for the holder of the token, or for this machine alone."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient

from ls.config.settings import ConfigError, read
from ls.config.warnings import warnings_for
from ls.version import VERSION
from tests.cast import Cast
from tests.factories import a_failed_message
from tests.server import RunningServer

TOKEN = "a token for monitoring"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
LOOPBACK = {"REMOTE_ADDR": "127.0.0.1"}


@pytest.fixture
def make_client(make_app: Callable[..., Flask]) -> Callable[..., FlaskClient]:
    """A client of an application that has metrics."""
    return lambda **settings: make_app(METRICS=True, **settings).test_client()


def values(text: str) -> dict[str, float]:
    """Each line's value by its name and labels."""
    found = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _space, value in found}


def test_there_is_nothing_unless_it_is_turned_on(app: Flask) -> None:
    assert app.test_client().get("/metrics", environ_base=LOOPBACK).status_code == 404
    assert not Path(app.config["BASE_DATA_DIR"], "metrics").exists()


def test_the_numbers_are_those_of_the_database(make_app: Callable[..., Flask]) -> None:
    app = make_app(METRICS=True)
    cast = Cast(app)
    alice, bob = cast.person("alice"), cast.person("bob")
    project = alice.browser.client.post("/api/projects/", json={"title": "Streets"}, headers=alice.auth).json
    assert project
    task = {"project": project["id"], "data": {"n": 1}}
    made = alice.browser.client.post("/api/tasks/", json=task, headers=alice.auth).json
    assert made
    alice.browser.client.post(f"/api/tasks/{made['id']}/annotations/", json={"result": []}, headers=alice.auth)
    alice.browser.post(f"/people/{bob.id}/deactivation", page=f"/people/{bob.id}")
    bob.browser.sign_in("alice@example.org", "not the password of alice")
    with app.app_context():
        a_failed_message()
    answer = app.test_client().get("/metrics", environ_base=LOOPBACK)
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    found = values(answer.text)
    assert (
        found.items()
        >= {
            f'roster_build_info{{version="{VERSION}"}}': 1,
            'roster_people{status="active"}': 1,
            'roster_people{status="deactivated"}': 1,
            'roster_people{status="deleted"}': 0,
            'roster_people_active{within="5m"}': 1,
            "roster_sessions": 1,
            "roster_projects": 1,
            "roster_tasks": 1,
            "roster_annotations": 1,
            'roster_queue{queue="purge"}': 0,
            'roster_queue{queue="mail"}': 0,
            "roster_mail_failed": 1,
            'roster_events_total{kind="login"}': 2,
            'roster_events_total{kind="login_failed"}': 1,
        }.items()
    )
    assert answer.text.count("# TYPE roster_people gauge\n") == 1


@pytest.mark.parametrize("sent", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Token {TOKEN}"}])
def test_the_token_is_asked_for_everywhere(make_client: Callable[..., FlaskClient], sent: dict[str, str]) -> None:
    client = make_client(METRICS_TOKEN=TOKEN, HOST="https://example.org", TRUSTED_PROXIES="127.0.0.1")
    for host in ("https://example.org", "http://10.0.0.5:8080"):
        refused = client.get("/metrics", headers=sent, environ_base=LOOPBACK, base_url=host)
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert "roster_" not in refused.text
        assert client.get("/metrics", headers=BEARER, base_url=host).status_code == 200


BEHIND = [{"HOST": "https://example.org"}, {"TRUSTED_PROXIES": "127.0.0.1"}, {"TRUSTED_PROXIES": "10.0.0.9"}]
PASSED_ON = [
    {"X-Forwarded-For": "203.0.113.9"},
    {"X-Forwarded-For": "127.0.0.1"},
    {"Forwarded": "for=203.0.113.9"},
    {"Via": "1.1 proxy"},
    {"X-Real-IP": "203.0.113.9"},
    {"Host": "evil.example"},
]


@pytest.mark.parametrize("settings", BEHIND)
def test_without_a_token_nobody_sees_it_behind_a_proxy(
    make_client: Callable[..., FlaskClient], settings: dict[str, str]
) -> None:
    client = make_client(**settings)
    for sent in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-For": "203.0.113.9"}):
        assert client.get("/metrics", headers=sent, environ_base=LOOPBACK).status_code == 404


@pytest.mark.parametrize("sent", PASSED_ON)
def test_without_a_token_what_a_proxy_passed_on_is_not_this_machines(
    make_client: Callable[..., FlaskClient], sent: dict[str, str]
) -> None:
    client = make_client()
    assert client.get("/metrics", environ_base=LOOPBACK).status_code == 200
    assert client.get("/metrics", environ_base=LOOPBACK, headers=sent).status_code == 404


@pytest.mark.parametrize("peer", ["10.0.0.5", "203.0.113.9", "::ffff:10.0.0.5", ""])
def test_without_a_token_another_machine_sees_nothing(make_client: Callable[..., FlaskClient], peer: str) -> None:
    client = make_client()
    for sent in ({}, {"X-Forwarded-For": "127.0.0.1"}):
        assert client.get("/metrics", environ_base={"REMOTE_ADDR": peer}, headers=sent).status_code == 404
    for own in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert client.get("/metrics", environ_base={"REMOTE_ADDR": own}).status_code == 200


def test_a_token_that_can_be_guessed_and_one_without_effect_are_named() -> None:
    with pytest.raises(ConfigError, match="LABEL_STUDIO_METRICS_TOKEN: is shorter than 16 bytes"):
        read({"LABEL_STUDIO_METRICS_TOKEN": "short"})
    assert warnings_for({"LABEL_STUDIO_METRICS_TOKEN": TOKEN}) == [
        "LABEL_STUDIO_METRICS_TOKEN has no effect without LABEL_STUDIO_METRICS."
    ]


def test_every_worker_answers_for_all_and_a_start_begins_anew(tmp_path: Path) -> None:
    server = RunningServer(tmp_path, workers=3, METRICS="true")
    name = 'roster_http_request_seconds_count{endpoint="system.version",status="200"}'
    with server:
        for _ in range(30):  # a connection each, so that every worker has some
            httpx.get(f"{server.url}/version")
        for _ in range(6):
            assert values(httpx.get(f"{server.url}/metrics").text)[name] == 30
        assert len(list((tmp_path / "data" / "metrics").glob("summary_*.db"))) > 1
        assert httpx.get(f"{server.url}/nowhere").status_code == 404
        found = values(httpx.get(f"{server.url}/metrics").text)
        assert found['roster_http_request_seconds_count{endpoint="none",status="404"}'] == 1
    server.start()
    assert name not in values(httpx.get(f"{server.url}/metrics").text)
    server.stop()

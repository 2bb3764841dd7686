"""Host, scheme, prefix and address: only what HOST and trusted proxies say is believed."""

import socket
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request
from werkzeug.test import EnvironBuilder, run_wsgi_app

from ls.exceptions import DomainError
from ls.web import proxy
from ls.web.unnamed_proxy import noted_proxy

LOCAL = (ip_network("127.0.0.0/8"),)
CHAIN = (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def seen_by_app(**_arguments: str) -> dict[str, Any]:
    """What the application sees of a request."""
    return {
        "url": request.url,
        "root": request.script_root,
        "path": request.path,
        "address": request.remote_addr,
        "left": sorted(name for name in request.environ if "FORWARDED" in name),
        "shared": request.environ[proxy.UNNAMED_PROXY],
    }


def application(**settings: Any) -> Flask:
    """An application that answers what it sees."""
    app = Flask("echo")
    app.config.update({"BASE_DATA_DIR": "/dev/null", **settings})
    app.url_map.strict_slashes = False
    proxy.init_app(app)
    app.add_url_rule("/", view_func=seen_by_app)
    app.add_url_rule("/<path:path>", view_func=seen_by_app)
    app.register_error_handler(DomainError, lambda refused: (str(refused), refused.status))
    return app


def call(
    path: str = "/people/",
    *,
    host: str = "",
    trusted: tuple[Any, ...] = (),
    peer: str = "127.0.0.1",
    sent: str | None = "localhost",
    method: str = "GET",
    listening_on: str | None = None,
    **headers: str,
) -> Any:
    """One request through the middleware: `sent` is the Host header, others are keyword arguments."""
    builder = EnvironBuilder(path, method=method, environ_base={"REMOTE_ADDR": peer})
    environ = builder.get_environ()
    environ.pop("HTTP_HOST", None)
    if sent is not None:
        environ["HTTP_HOST"] = sent
    environ.update({f"HTTP_{name.upper()}": value for name, value in headers.items()})
    # Not through Client, which makes a sensible Host of whatever is sent.
    app = application(HOST=host, TRUSTED_PROXIES=trusted, LISTENING_ON=listening_on)
    body, status, answered = run_wsgi_app(app, environ, buffered=True)
    return Response(b"".join(body), status, answered)


def test_without_settings_nothing_forwarded_is_believed() -> None:
    response = call(
        x_forwarded_for="1.2.3.4",
        x_forwarded_proto="https",
        x_forwarded_host="evil.example",
        x_forwarded_prefix="/evil",
        x_forwarded_port="444",
        forwarded="for=1.2.3.4;host=evil.example;proto=https",
    )
    assert response.json == {
        "url": "http://localhost/people/",
        "root": "",
        "path": "/people/",
        "address": "127.0.0.1",
        "left": [],
        "shared": True,
    }


def test_a_trusted_proxy_is_believed() -> None:
    seen = call(
        trusted=LOCAL,
        x_forwarded_for="203.0.113.9",
        x_forwarded_proto="https",
        x_forwarded_host="example.org",
        x_forwarded_prefix="/ls/",
        forwarded="host=evil.example",
    ).json
    assert seen == {
        "url": "https://example.org/ls/people/",
        "root": "/ls",
        "path": "/people/",
        "address": "203.0.113.9",
        "left": [],
        "shared": False,
    }


USUAL = {
    "caddy": {"x_forwarded_for": "203.0.113.9", "x_forwarded_proto": "https", "x_forwarded_host": "example.org"},
    "traefik": {
        "x_forwarded_for": "203.0.113.9",
        "x_forwarded_host": "example.org",
        "x_forwarded_port": "443",
        "x_forwarded_proto": "https",
        "x_forwarded_server": "gateway-7d9f",
        "x_real_ip": "203.0.113.9",
    },
    "traefik, prefix stripped": {
        "x_forwarded_for": "203.0.113.9",
        "x_forwarded_host": "example.org:443",
        "x_forwarded_port": "443",
        "x_forwarded_prefix": "/ls",
        "x_forwarded_proto": "https",
        "x_forwarded_server": "gateway-7d9f",
        "x_real_ip": "203.0.113.9",
    },
    "nginx, host not passed on": {
        "sent": "127.0.0.1:8080",
        "x_forwarded_for": "203.0.113.9",
        "x_forwarded_host": "example.org",
        "x_forwarded_proto": "https",
        "x_real_ip": "203.0.113.9",
    },
}


@pytest.mark.parametrize("name", USUAL)
@pytest.mark.parametrize("host", ["", "https://example.org/ls"])
def test_what_the_usual_proxies_send_is_understood(name: str, host: str) -> None:
    prefixed = bool(host) or "prefix" in name
    path = "/people/" if "stripped" in name or not prefixed else "/ls/people/"
    seen = call(path, host=host, trusted=LOCAL, **{"sent": "example.org", **USUAL[name]}).json
    root = "/ls" if prefixed else ""
    assert (seen["root"], seen["path"], seen["address"]) == (root, "/people/", "203.0.113.9")
    assert seen["url"].replace(":443/", "/") == f"https://example.org{root}/people/"
    assert seen["left"] == []


@pytest.mark.parametrize("name", USUAL)
def test_what_they_send_is_nothing_where_nobody_named_them(name: str) -> None:
    seen = call(**{**USUAL[name], "sent": "localhost"}).json
    assert (seen["root"], seen["address"], seen["left"]) == ("", "127.0.0.1", [])
    assert seen["url"] == "http://localhost/people/"


def test_another_peer_is_not_believed() -> None:
    seen = call(trusted=LOCAL, peer="192.0.2.1", x_forwarded_for="1.2.3.4", x_forwarded_proto="https").json
    assert (seen["address"], seen["url"]) == ("192.0.2.1", "http://localhost/people/")


@pytest.mark.parametrize(
    ("chain", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),  # what the client wrote itself
        ("1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("203.0.113.9, fd00::2, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("203.0.113.9:5555", "203.0.113.9"),
        ("[2001:db8::1]:5555", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, unknown, 10.0.0.2", "10.0.0.2"),
        ("<script>", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_the_client_is_the_first_address_from_the_right_that_is_not_trusted(chain: str, address: str) -> None:
    assert call(trusted=CHAIN, x_forwarded_for=chain).json["address"] == address


def test_each_of_two_proxies_appended_its_view() -> None:
    seen = call(trusted=CHAIN, x_forwarded_for="203.0.113.9, 10.0.0.2", x_forwarded_proto="ftp, https, http")
    assert seen.json["url"].startswith("https://")


def test_a_mapped_address_of_the_peer_is_recognised() -> None:
    seen = call(trusted=LOCAL, peer="::ffff:127.0.0.1", x_forwarded_for="203.0.113.9").json
    assert seen["address"] == "203.0.113.9"


def test_a_unix_socket_is_trusted_once_any_proxy_is() -> None:
    assert call(trusted=LOCAL, peer="", x_forwarded_for="203.0.113.9").json["address"] == "203.0.113.9"
    assert call(peer="", x_forwarded_for="203.0.113.9").json["address"] in {"", None}


@pytest.mark.parametrize("path", ["/people/7", "/ls/people/7"])
@pytest.mark.parametrize("sent", ["example.org", "EXAMPLE.org", "example.org:443"])
def test_the_prefix_works_stripped_and_passed_on(path: str, sent: str) -> None:
    seen = call(path, host="https://example.org/ls", sent=sent).json
    assert (seen["url"], seen["path"]) == ("https://example.org/ls/people/7", "/people/7")
    assert seen["root"] == "/ls"


@pytest.mark.parametrize(
    ("path", "inner"), [("/ls", "/"), ("/ls/", "/"), ("/", "/"), ("/lsx", "/lsx"), ("/ls/ls/x", "/ls/x")]
)
def test_only_a_whole_segment_is_the_prefix(path: str, inner: str) -> None:
    assert call(path, host="http://example.org/ls", sent="example.org").json["path"] == inner


def test_a_port_counts() -> None:
    assert call(host="http://example.org:8080", sent="example.org:8080").status_code == 200
    assert call(host="http://example.org:8080", sent="example.org").status_code == 400
    assert call(host="http://example.org", sent="example.org:8080").status_code == 400
    assert call(host="http://[2001:db8::1]:81", sent="[2001:DB8::1]:81").status_code == 200


def test_another_host_is_refused_and_both_are_named(make_app: Callable[..., Flask]) -> None:
    response = make_app(HOST="https://example.org/ls").test_client().get("/people/", headers={"Host": "evil.example"})
    assert (response.status_code, response.content_type) == (400, "text/html; charset=utf-8")
    for part in ("evil.example", "https://example.org/ls", "LABEL_STUDIO_HOST", "LABEL_STUDIO_TRUSTED_PROXIES"):
        assert part in response.text


@pytest.mark.parametrize("path", ["/api/users/", "/ls/api/users/", "/api"])
def test_the_api_is_refused_in_json(make_app: Callable[..., Flask], path: str) -> None:
    response = make_app(HOST="https://example.org/ls").test_client().get(path, headers={"Host": "evil.example"})
    assert (response.status_code, list(response.json)) == (400, ["detail"])
    assert "evil.example" in response.json["detail"]


def test_a_forged_host_cannot_write_into_the_page(make_app: Callable[..., Flask]) -> None:
    client = make_app(HOST="https://example.org").test_client()
    response = client.get("/people/", headers={"Host": "<script>alert(1)</script>"})
    assert "<script>alert" not in response.text
    assert "&lt;script&gt;alert" in response.text
    assert "x" * 200 not in client.get("/people/", headers={"Host": "x" * 9000}).text


def test_head_is_refused_without_a_body() -> None:
    response = call(host="https://example.org", sent="evil.example", method="HEAD")
    assert (response.status_code, response.data) == (400, b"")


def test_no_host_at_all_is_another_host() -> None:
    assert call(host="https://example.org", sent=None).status_code == 400
    assert call(sent=None).status_code == 200


@pytest.mark.parametrize("path", ["/health", "/health/", "/ls/health", "/ls/health/"])
@pytest.mark.parametrize("sent", ["10.0.0.7:8080", "evil.example", "a b", None])
def test_health_answers_under_any_name(path: str, sent: str | None) -> None:
    response = call(path, host="https://example.org/ls", sent=sent)
    assert response.status_code == 200
    assert response.json["url"].startswith("https://example.org/ls/health")


@pytest.mark.parametrize("path", ["/healthy", "/health/x", "/x/health"])
def test_nothing_else_does(path: str) -> None:
    assert call(path, host="https://example.org/ls", sent="evil.example").status_code == 400


def test_the_forwarded_host_counts_only_from_a_trusted_proxy() -> None:
    settings: dict[str, Any] = {"host": "https://example.org", "sent": "backend:8080"}
    forwarded = {"x_forwarded_host": "example.org"}
    assert call(**settings, **forwarded).status_code == 400
    assert call(**settings, **forwarded, trusted=LOCAL).status_code == 200
    assert call(**settings, **forwarded, trusted=LOCAL, peer="192.0.2.1").status_code == 400
    assert call(**settings, trusted=LOCAL, x_forwarded_host="evil.example").status_code == 400


def test_the_plain_host_is_enough() -> None:
    settings: dict[str, Any] = {"host": "https://example.org", "sent": "example.org", "trusted": LOCAL}
    assert call(**settings, x_forwarded_host="backend").status_code == 200
    assert call(**settings, peer="192.0.2.1", x_forwarded_host="evil.example").status_code == 200


def test_with_host_set_scheme_and_prefix_are_its() -> None:
    seen = call(
        host="https://example.org/ls",
        sent="example.org",
        trusted=LOCAL,
        x_forwarded_proto="http",
        x_forwarded_prefix="/other",
    ).json
    assert (seen["url"], seen["root"]) == ("https://example.org/ls/people/", "/ls")


@pytest.mark.parametrize(
    "sent",
    [
        "a b",
        "a/b",
        "a@b",
        "<x>",
        "a:b",
        "a:1:2",
        "a:0",
        "a:65536",
        "my_service",
        "[::1",
        "a\\b",
        "a,b",
        "a?b",
        "ä",
    ],
)
def test_garbage_is_no_host(sent: str) -> None:
    response = call(sent=sent)
    assert response.status_code == 400
    assert "LABEL_STUDIO_HOST" in response.get_data(as_text=True)


LOOPBACK_NAMES = ["localhost:8080", "LOCALHOST", "localhost.", "roster.localhost", "127.8.8.8", "[::1]:8080"]
MACHINES_NAMES = [socket.gethostname(), f"{socket.gethostname()}.local:8080", "10.1.2.3", "[2001:db8::1]:8080"]
STRANGE_NAMES = ["evil.example", "localhost.evil.example", "a.b-c.example.", "127.0.0.1.nip.io", "evillocalhost"]


@pytest.mark.parametrize("listening_on", ["127.0.0.1", "::1", "0.0.0.0", None])  # noqa: S104  # compared
def test_without_a_host_only_own_names_are_served(listening_on: str | None) -> None:
    is_loopback = listening_on in {"127.0.0.1", "::1"}
    served = LOOPBACK_NAMES if is_loopback else LOOPBACK_NAMES + MACHINES_NAMES
    for sent in LOOPBACK_NAMES + MACHINES_NAMES + STRANGE_NAMES:
        answer = call(sent=sent, listening_on=listening_on)
        assert answer.status_code == (200 if sent in served else 400), sent
        if sent in served:
            assert answer.json["url"].lower() == f"http://{sent}/people/".lower()
        else:
            assert f"LABEL_STUDIO_HOST=http://{sent}" in answer.get_data(as_text=True)
        assert call("/health", sent=sent, listening_on=listening_on).status_code == 200


def test_a_strange_name_is_served_where_a_trusted_proxy_says_it() -> None:
    forwarded = {"sent": "backend", "x_forwarded_host": "evil.example", "listening_on": "127.0.0.1"}
    assert call(**forwarded, trusted=LOCAL).status_code == 200
    assert call(**forwarded).status_code == 400
    assert call(sent="evil.example", trusted=LOCAL).status_code == 400


@pytest.mark.parametrize(
    ("peer", "trusted", "sent", "is_shared"),
    [
        ("127.0.0.1", (), {"x_forwarded_for": "203.0.113.9"}, True),
        ("172.17.0.1", (), {"x_forwarded_for": "203.0.113.9"}, True),
        ("::ffff:10.0.0.7", (), {"forwarded": "for=203.0.113.9"}, True),
        ("fd00::7", LOCAL, {"x_forwarded_for": "203.0.113.9"}, True),
        ("", (), {"x_forwarded_for": "203.0.113.9"}, True),
        ("127.0.0.1", LOCAL, {"x_forwarded_for": "203.0.113.9, 192.168.0.7"}, True),
        ("127.0.0.1", LOCAL, {"x_forwarded_for": "203.0.113.9"}, False),
        ("127.0.0.1", LOCAL, {"x_forwarded_for": "unknown"}, False),
        ("127.0.0.1", LOCAL, {"x_forwarded_for": "192.168.0.7"}, False),
        ("127.0.0.1", (), {}, False),
        ("8.8.8.8", (), {"x_forwarded_for": "203.0.113.9"}, False),
    ],
)
def test_a_proxy_that_nobody_named_is_recognised(
    peer: str, trusted: tuple[Any, ...], sent: dict[str, str], is_shared: bool
) -> None:
    assert call(peer=peer, trusted=trusted, **sent).json["shared"] is is_shared


def test_it_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    app = application(HOST="", TRUSTED_PROXIES=(), BASE_DATA_DIR=str(tmp_path))
    for _ in range(3):
        app.test_client().get("/", headers={"X-Forwarded-For": "203.0.113.9"}, environ_base={"REMOTE_ADDR": "10.0.0.7"})
    [said] = [record.getMessage() for record in caplog.records]
    assert said.endswith("LABEL_STUDIO_TRUSTED_PROXIES=10.0.0.7")
    assert noted_proxy(str(tmp_path)) == "10.0.0.7"


@pytest.mark.parametrize("prefix", ["//evil.example", "/a b", "evil", "/..", "/%2f", "/a?x", "https://evil"])
def test_a_forwarded_prefix_that_is_no_path_is_ignored(prefix: str) -> None:
    assert call(trusted=LOCAL, x_forwarded_prefix=prefix).json["root"] == ""


@pytest.mark.parametrize("proto", ["javascript", "https://x", "", "ftp"])
def test_a_forwarded_scheme_is_http_or_https(proto: str) -> None:
    assert call(trusted=LOCAL, x_forwarded_proto=proto).json["url"] == "http://localhost/people/"

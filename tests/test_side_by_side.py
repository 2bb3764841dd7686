"""Installations that one browser reaches under one host name, and the names under which a server answers."""

from pathlib import Path

import httpx
import pytest

from tests.cast import PASSWORD
from tests.server import RunningServer

ANNA = {"USERNAME": "anna@example.org", "PASSWORD": PASSWORD}


@pytest.mark.parametrize("prefixes", [("", ""), ("/one", "/two")])
def test_two_installations_on_one_host_keep_their_sessions(tmp_path: Path, prefixes: tuple[str, str]) -> None:
    first = RunningServer(tmp_path / "first", workers=1, **ANNA)
    second = RunningServer(tmp_path / "second", workers=1, **ANNA)
    for server, prefix in zip((first, second), prefixes, strict=True):
        if prefix:
            server.url += prefix
            server.environment["LABEL_STUDIO_HOST"] = server.url
    with first, second:
        visitor = first.client()
        assert visitor.sign_in("anna@example.org").status_code == 302
        visitor.http.base_url = second.url
        assert visitor.http.get("/user/login/").status_code == 200
        assert visitor.sign_in("anna@example.org").status_code == 302
        assert [httpx.URL(server.url).path for server in (first, second)] == [prefix or "/" for prefix in prefixes]
        assert [visitor.http.get(f"{server.url}/projects/").status_code for server in (first, second)] == [200, 200]
        names = {cookie.name for cookie in visitor.http.cookies.jar}
        assert len(names) == 2
        assert all(name.startswith("ls_session_") for name in names)


def test_on_loopback_a_name_that_leads_here_is_refused_and_the_port_is_known(tmp_path: Path) -> None:
    with RunningServer(tmp_path, workers=1, **ANNA) as server:
        port = server.port
        assert server.flask("invite").stdout.startswith(f"http://localhost:{port}/user/signup/?token=")
        statuses = {
            host: httpx.get(f"{server.url}/user/login/", headers={"Host": f"{host}:{port}"}).status_code
            for host in ("localhost", "127.0.0.1", "[::1]", "a.localhost", "evil.example", "10.0.0.7")
        }
        assert list(statuses.values()) == [200, 200, 200, 200, 400, 400]
        refused = httpx.get(f"{server.url}/api/users/", headers={"Host": f"evil.example:{port}"})
        assert f"LABEL_STUDIO_HOST=http://evil.example:{port}" in refused.json()["detail"]
        assert httpx.get(f"{server.url}/health", headers={"Host": "evil.example"}).status_code == 200
        assert server.flask("check").stderr == ""
        httpx.get(f"{server.url}/user/login/", headers={"X-Forwarded-For": "203.0.113.9"})
        checked = server.flask("check")
        assert (checked.returncode, checked.stdout) == (0, "OK\n")
        assert "LABEL_STUDIO_TRUSTED_PROXIES=127.0.0.1" in checked.stderr
        assert server.log.read_text().count("LABEL_STUDIO_TRUSTED_PROXIES=127.0.0.1") == 1
        server.environment["LABEL_STUDIO_TRUSTED_PROXIES"] = "127.0.0.1"
        assert server.flask("check").stderr == ""
        server.environment["LABEL_STUDIO_HOST"] = "https://labels.example.org"
        assert server.flask("invite").stdout.startswith("https://labels.example.org/user/signup/?token=")


def test_listening_everywhere_the_machines_own_names_are_served(tmp_path: Path) -> None:
    with RunningServer(tmp_path, workers=1, LISTEN="0.0.0.0", **ANNA) as server:  # noqa: S104  # what is tested
        statuses = [
            httpx.get(f"{server.url}/user/login/", headers={"Host": host}).status_code
            for host in ("localhost", "10.0.0.7", "evil.example")
        ]
        assert statuses == [200, 200, 400]

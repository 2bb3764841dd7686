"""The set-up of deploy/guard/nginx.conf on this machine: nginx, Roster, and the tool."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cast import PASSWORD
from tests.guard import tool
from tests.guard.caddy import Caddy
from tests.raw_http import ask
from tests.server import RunningServer, Visitor
from tests.test_deploy import Nginx, wait_for
from tests.with_postgres import free_port

TOKEN, OWNER = "a" * 40, "owner@example.org"


def said_at(port: int, path: str, *headers: str) -> tuple[int, dict[str, Any], str]:
    """Status, what the tool said, and the whole head of the answer."""
    lines = [f"GET {path} HTTP/1.1", f"Host: localhost:{port}", "Connection: close", *filter(None, headers)]
    head, _, body = ask(port, "\r\n".join([*lines, "", ""]).encode()).decode().partition("\r\n\r\n")
    said = body[body.find("{") : body.rfind("}") + 1]  # which may come in one chunk
    return int(head.split()[1]), json.loads(said or "{}"), head


@dataclass
class Site:
    """The proxy's port, the tool's, Roster, and the proxy's log."""

    port: int
    tool: int
    roster: RunningServer
    log: Path
    takes_own_tokens: bool

    def ask(self, path: str, *headers: str) -> tuple[int, dict[str, Any], str]:
        """What the proxy answers."""
        return said_at(self.port, path, *headers)

    def join(self, email: str) -> str:
        """Make an account."""
        fields, headers = {"email": email, "password": PASSWORD}, {"Authorization": f"Token {TOKEN}"}
        users = f"http://localhost:{self.port}/roster/api/users/"
        assert httpx.post(users, json=fields, headers=headers).status_code == 201
        return email

    def cookie(self, email: str = OWNER) -> str:
        """The header of somebody who logged in, here and at another Roster on the same host."""
        visitor = Visitor(f"http://localhost:{self.port}/roster")
        assert visitor.sign_in(email).status_code == 302
        [found] = visitor.http.cookies.jar
        visitor.http.close()
        return f"Cookie: other=1; __Host-ls_session_0a1b=x; {found.name}={found.value}; last=2"


@pytest.fixture(scope="session")
def tool_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The tool, which knows nobody yet."""
    tool.set_up(tmp_path_factory.mktemp("tool"))
    with tool.serving() as port:
        yield port


@pytest.fixture(scope="module", params=["nginx", "own tokens", "Caddy"])
def site(request: pytest.FixtureRequest, tool_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The tool at /, Roster at /roster/, as the samples have it; once more with the option of nginx's."""
    folder, port = tmp_path_factory.mktemp("site"), free_port()
    settings = {"USERNAME": OWNER, "PASSWORD": PASSWORD, "USER_TOKEN": TOKEN, "GUARDED_PATHS": "/"}
    settings |= {"HOST": f"http://localhost:{port}/roster", "TRUSTED_PROXIES": "127.0.0.1"}
    changes = {"CHANGE-ME": tool.SECRET, "127.0.0.1:8081": f"127.0.0.1:{tool_port}"}
    changes[" http2;"] = ";"
    changes["access_log off"] = f"access_log {folder}/access.log"
    if request.param == "own tokens":
        changes |= {f"        #{line}": line for line in ("error_page", "if", "    set", "    return", "}")}
    with RunningServer(folder, workers=1, **settings) as roster:
        if request.param == "Caddy":
            proxy: Caddy | Nginx = Caddy(folder, roster.port, port, changes)
        else:
            proxy = Nginx(folder, "guard/nginx.conf", roster.port, port, is_https=False, changes=changes)
        wait_for(f"http://localhost:{port}/roster/health")
        yield Site(port, tool_port, roster, folder / "access.log", request.param == "own tokens")
        proxy.stop()


def lines(log: Path) -> list[str]:
    return log.read_text().splitlines()

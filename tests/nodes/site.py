"""The set-up of deploy/nginx-two-nodes.conf on this machine."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.cast import PASSWORD
from tests.conftest import SECRET_KEY
from tests.databases import own_postgres
from tests.server import RunningServer, Visitor
from tests.test_deploy import TWO_NODES, Nginx, wait_for
from tests.with_postgres import Server, free_port

EMAIL, TOKEN = "anna@example.org", "nodes-token-0123456789"


@dataclass
class Site:
    """Its public address, both servers, and their database."""

    url: str
    nodes: list[RunningServer]
    database: Server

    def visitor(self, address: str = "127.0.0.1") -> Visitor:
        """Somebody who comes through nginx from that address."""
        return Visitor(self.url, transport=httpx.HTTPTransport(verify=False, local_address=address))

    def at(self, node: int, visitor: Visitor | None = None) -> httpx.Client:
        """Straight to one of the servers, with the visitor's cookies, as nginx sends it there."""
        cookies = "; ".join(f"{one.name}={one.value}" for one in visitor.http.cookies.jar) if visitor else ""
        headers = {"Host": httpx.URL(self.url).netloc.decode(), "Cookie": cookies}
        return httpx.Client(base_url=self.nodes[node].url, headers=headers, timeout=30)

    def by_token(self, node: int, token: str = TOKEN) -> int:
        """What that server answers to this API token."""
        with self.at(node) as client:
            return client.get("/api/current-user/whoami", headers={"Authorization": f"Token {token}"}).status_code

    def pages(self, visitor: Visitor) -> list[int]:
        """What each server answers to the visitor's session."""
        statuses = []
        for node in range(len(self.nodes)):
            with self.at(node, visitor) as client:
                statuses.append(client.get("/people/").status_code)
        return statuses


@contextmanager
def two_nodes(folder: Path) -> Iterator[Site]:
    """Both started at the same moment on an empty database, sign-up closed, Anna's account made at start."""
    port = free_port()
    url = f"https://localhost:{port}"
    with own_postgres() as database, ExitStack() as stack:
        settings = {
            "HOST": url,
            "TRUSTED_PROXIES": "127.0.0.1",
            "DATABASE_URL": database.durable_url,
            "SECRET_KEY": SECRET_KEY,
            "DISABLE_SIGNUP_WITHOUT_LINK": "true",
            "USERNAME": EMAIL,
            "PASSWORD": PASSWORD,
            "USER_TOKEN": TOKEN,
        }
        nodes = [RunningServer(folder / name, workers=1, **settings) for name in ("one", "two")]
        for node in nodes:
            stack.callback(node.stop)
        with ThreadPoolExecutor(len(nodes)) as pool:
            list(pool.map(RunningServer.start, nodes))
        proxy = Nginx(folder, TWO_NODES, nodes[0].port, port, nodes[1].port)
        stack.callback(proxy.stop)
        wait_for(f"{url}/health")
        yield Site(url, nodes, database)

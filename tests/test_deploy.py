"""The files in deploy/, unchanged: nginx in front, with a host name or a path of its own, over https."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from ls.web.uploads import MAX_BYTES
from ls.worker import SETTINGS
from tests.cast import PASSWORD
from tests.certificates import make_certificate
from tests.server import ROOT, RunningServer, Visitor
from tests.with_postgres import free_port

SAMPLES = ROOT / "deploy"
TOKEN = "a" * 40
OWN_NAME, PREFIX, TWO_NODES = "nginx.conf", "nginx-prefix.conf", "nginx-two-nodes.conf"
CONFIG = """
user root; daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {sample}
}}
"""
SITE = "server {{ listen 443 ssl; ssl_certificate x; ssl_certificate_key x; {sample} }}"


class Nginx:
    """nginx with one of the files, with the host names and ports of this test."""

    def __init__(
        self,
        folder: Path,
        sample: str,
        upstream: int,
        port: int,
        second: int | None = None,
        *,
        is_https: bool = True,
        changes: Mapping[str, str] | None = None,
    ) -> None:
        make_certificate(folder)
        text = (SAMPLES / sample).read_text()
        text = SITE.format(sample=text) if sample == PREFIX else text
        text = re.sub(r" *listen \[::\].*\n", "", text)
        text = text.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
        text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{port}{' ssl' if is_https else ''}")
        text = re.sub(r"(ssl_certificate_key) +[^;]+;", rf"\1 {folder}/key.pem;", text)
        text = re.sub(r"(ssl_certificate) +[^;]+;", rf"\1 {folder}/cert.pem;", text)
        text = text.replace("labels.example.org", "localhost")
        for name, place in {"127.0.0.1": upstream, "10.0.0.11": upstream, "10.0.0.12": second}.items():
            text = text.replace(f"{name}:8080", f"127.0.0.1:{place}")
        text = CONFIG.format(folder=folder, sample=text)
        for before, after in (changes or {}).items():
            text = text.replace(before, after)
        (folder / "nginx.conf").write_text(text)
        self.process = subprocess.Popen([installed("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")])

    def stop(self) -> None:
        """Stop it, and wait until it has ended."""
        self.process.terminate()
        self.process.wait(timeout=10)


def installed(name: str) -> str:
    """The path of this proxy. Without it the test is skipped with a message; in CI it fails."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found:
        return found
    message = f"{name} is not installed: ITS SAMPLES WERE NOT TESTED. On Debian: apt-get install {name}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(params=[(OWN_NAME, ""), (PREFIX, "/ls")], ids=["own name", "prefix"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The public address of a server behind nginx."""
    sample, prefix = request.param
    port = free_port()
    url = f"https://localhost:{port}{prefix}"
    settings = {"HOST": url, "TRUSTED_PROXIES": "127.0.0.1", "USERNAME": "anna@example.org", "PASSWORD": PASSWORD}
    settings["USER_TOKEN"] = TOKEN
    with RunningServer(tmp_path, **settings) as server:
        proxy = Nginx(tmp_path, sample, server.port, port)
        wait_for(f"{url}/health")
        yield url
        proxy.stop()


def wait_for(url: str) -> None:
    """Wait until it answers."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            httpx.get(url, verify=False).raise_for_status()  # noqa: S501  # the certificate was made above
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return


def test_signing_in_and_looking_around_behind_nginx(site: str) -> None:
    visitor = Visitor(site, verify=False)
    try:
        answer = visitor.sign_in("anna@example.org")
        assert (answer.status_code, httpx.URL(site).join(answer.headers["Location"])) == (302, f"{site}/projects/")
        cookie = next(one for one in answer.headers.get_list("Set-Cookie") if one.startswith("__Host-"))
        assert "Secure" in cookie
        assert "Strict-Transport-Security" in answer.headers
        page = visitor.http.get("/people/")
        assert page.status_code == 200
        addresses = re.findall(r'(?:href|src|action|hx-get|hx-post)="(/[^"]*)"', page.text)
        assert addresses
        assert [
            address for address in addresses if not address.startswith(httpx.URL(site).path.rstrip("/") + "/")
        ] == []
        assert f"{site}/user/signup/?token=" in visitor.http.get("/people/invite").text
        sessions = visitor.http.get("/user/account/").text
        assert "127.0.0.1" in sessions
    finally:
        visitor.http.close()


def test_an_import_passes_nginx_and_another_large_body_does_not(site: str) -> None:
    headers = {"Authorization": f"Token {TOKEN}"}
    with httpx.Client(base_url=site, headers=headers, verify=False, timeout=60) as client:  # noqa: S501  # made above
        project = client.post("/api/projects/", json={"title": "Large"}).json()["id"]
        body = b"[" + b" " * 6_000_000 + b"{}]"
        assert client.post(f"/api/projects/{project}/import", content=body).json()["task_count"] == 1
        assert client.post("/api/projects/", content=body).status_code == 413


@pytest.mark.parametrize("sample", [OWN_NAME, PREFIX, TWO_NODES])
def test_nginx_lets_through_what_an_import_may_send(sample: str) -> None:
    location = re.search(r"location ~ \S*/import\$ \{([^}]+)\}", (SAMPLES / sample).read_text())
    assert location
    most = re.search(r"client_max_body_size (\d+)m;", location[1])
    assert most
    assert MAX_BYTES < int(most[1]) * 1024**2 <= SETTINGS["max_request_body_size"]
    assert "proxy_read_timeout 15m;" in location[1]


def test_another_host_is_refused_behind_nginx(site: str) -> None:
    answer = httpx.get(f"{site}/user/login/", headers={"Host": "evil.example"}, verify=False)  # noqa: S501  # made above
    assert answer.status_code == 400

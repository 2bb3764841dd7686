"""Debian's exim4 takes what is sent: encrypted, after logging in, and it stands in its queue as it was written."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path

import pytest
from flask import Flask

from tests.certificates import make_certificate
from tests.mail.outbox import add, kept, let_time_pass, problems
from tests.raw_http import connect
from tests.smtp import FROM, PASSWORD, USER, flush
from tests.with_postgres import free_port

CONFIG = """
primary_hostname = mail.example.org
spool_directory = {folder}
log_file_path = {folder}/%slog
local_interfaces = 127.0.0.1.{port}
queue_only
tls_advertise_hosts = *
tls_certificate = {folder}/cert.pem
tls_privatekey = {folder}/key.pem
auth_advertise_hosts = ${{if eq {{$tls_in_cipher}}{{}} {{}} {{*}}}}
smtputf8_advertise_hosts = *
acl_smtp_rcpt = logged_in
begin acl
logged_in:
  require authenticated = *
  defer local_parts = later
  accept
begin routers
any:
  driver = accept
  transport = nowhere
begin transports
nowhere:
  driver = appendfile
  file = {folder}/nowhere
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_set_id = $auth2
  server_condition = ${{if and {{ {{eq {{$auth2}}{{{user}}}}} {{eq {{$auth3}}{{{password}}}}} }} }}
"""


class Exim:
    """The server, with a queue of its own that nothing leaves."""

    def __init__(self, program: str, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        config = folder / "exim.conf"
        config.write_text(CONFIG.format(folder=folder, port=self.port, user=USER, password=PASSWORD))
        self._command = [program, "-C", str(config)]
        self.process = subprocess.Popen([*self._command, "-bdf"], stderr=subprocess.PIPE)

    def wait(self) -> None:
        """Wait until it listens."""
        until = time.monotonic() + 20
        while time.monotonic() < until and self.process.poll() is None:
            try:
                connect(self.port).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        self.process.kill()
        raise RuntimeError(f"exim4 did not start: {self.process.communicate()[1].decode()}")

    def queue(self) -> list[Message]:
        """Each message of its queue, as it was received."""
        ids = sorted(path.name.removesuffix("-H") for path in self.folder.glob("input/*-H"))
        return [
            message_from_bytes(subprocess.check_output([*self._command, "-Mvc", each]), policy=default) for each in ids
        ]


@pytest.fixture
def exim(monkeypatch: pytest.MonkeyPatch) -> Iterator[Exim]:
    """Without exim4 the test is skipped with a message; in CI it fails. exim4 lets nobody but root run a server."""
    if os.geteuid() != 0:
        pytest.skip("exim4's server needs root: ITS TEST DID NOT RUN")
    program = shutil.which("exim4", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        message = "exim4 is not installed: ITS TEST DID NOT RUN. On Debian: apt-get install exim4-daemon-light"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with tempfile.TemporaryDirectory(prefix="exim-") as name:
        folder = Path(name)
        make_certificate(folder)
        monkeypatch.setenv("SSL_CERT_FILE", str(folder / "cert.pem"))
        for path in (folder, folder / "cert.pem", folder / "key.pem"):
            os.chown(path, pwd.getpwnam("Debian-exim").pw_uid, -1)
        server = Exim(program, folder)
        server.wait()
        yield server
        server.process.terminate()
        server.process.communicate()


def test_exim_takes_it(make_app: Callable[..., Flask], exim: Exim) -> None:
    settings = {"MAIL_HOST": "localhost", "MAIL_PORT": exim.port, "MAIL_FROM": FROM}
    app = make_app(**settings, MAIL_USERNAME=USER, MAIL_PASSWORD=PASSWORD)
    for to in ("alice@example.org", "later@example.org", "王@例子.中国"):
        add(app, to, organization="小组")
    flush(app)
    [(status, said)] = problems(app)
    assert (status, said[:3]) == ("waits", "451")
    first, second = exim.queue()
    assert [(each["From"], each["Subject"]) for each in (first, second)] == [(FROM, "Test message of 小组")] * 2
    assert (first["To"], second["To"]) == ("alice@example.org", "王@xn--fsqu00a.xn--fiqs8s")
    assert "with esmtpsa  (TLS1" in first["Received"]
    wrong = make_app(**settings, MAIL_USERNAME=USER, MAIL_PASSWORD="wrong")
    let_time_pass(wrong)
    flush(wrong)
    assert problems(wrong)[0][1][:3] == "535"
    assert len(kept(app)) == 1

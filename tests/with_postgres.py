"""Runs a command beside a throw-away PostgreSQL: `python tests/with_postgres.py pytest ...`.

The server is Debian's package, on a free port of the loopback address, in a temporary folder, without
fsync; its URL reaches the command as TEST_POSTGRES_URL. PostgreSQL refuses to run as root, so root starts
it as the user `postgres`, whom the package brings.
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300")


def binaries() -> Path:
    """Where the newest installed server keeps its programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        sys.exit("PostgreSQL is not installed: apt-get install postgresql")
    return Path(on_path).parent


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A PostgreSQL that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.bin = folder, free_port(), binaries()
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"
        self.durable_url = f"{self.url}?options=-csynchronous_commit%3Don"  # tells of nothing that a crash would undo
        self._run("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8")

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        options += "".join(f" -c {setting}" for setting in SETTINGS)
        self._control("start", "-o", options, "-l", str(self.folder / "log"))

    def stop(self) -> None:
        """Stop at once, as a crash would."""
        self._control("stop", "-m", "immediate")

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-w", "-D", str(self.folder / "data"), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        as_user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        subprocess.run(  # type: ignore[call-overload]  # the stub does not know the keywords as a dict
            [str(self.bin / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            **as_user,
        )


@contextmanager
def postgres() -> Iterator[Server]:
    """A running server, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        server = Server(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()


if __name__ == "__main__":
    with postgres() as running:
        environment = {**os.environ, "TEST_POSTGRES_URL": running.url}
        status = subprocess.run(sys.argv[1:], env=environment, check=False).returncode
    sys.exit(status)

"""Caddy with deploy/guard/Caddyfile, with the host name and the ports of a test."""

import os
import subprocess
from pathlib import Path

from tests.test_deploy import SAMPLES, installed

GLOBAL = """{
    admin off
    auto_https off
    grace_period 1s
}
"""


class Caddy:
    """Runs until `stop`."""

    def __init__(self, folder: Path, upstream: int, port: int, changes: dict[str, str]) -> None:
        text = (SAMPLES / "guard/Caddyfile").read_text().replace("127.0.0.1:8080", f"127.0.0.1:{upstream}")
        text = text.replace("\tlog\n", f"\tlog {{\n\t\toutput file {folder}/access.log\n\t}}\n\tbind 127.0.0.1\n")
        text = text.replace("labels.example.org {", f"http://localhost:{port} {{")
        for before, after in changes.items():
            text = text.replace(before, after)
        (folder / "Caddyfile").write_text(GLOBAL + text)
        folders = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(folder))
        command = [installed("caddy"), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
        with (folder / "caddy.log").open("wb") as log:
            self.process = subprocess.Popen(command, env=os.environ | folders, stdout=log, stderr=log)

    def stop(self) -> None:
        """Stop it, and wait until it has ended."""
        self.process.terminate()
        self.process.wait(timeout=10)

"""Real installations of Label Studio, unpacked for one test, and what is known of them (data/*/expected.json)."""

import gzip
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import Result
from flask import Flask
from sqlalchemy import NullPool, create_engine, make_url, text

from tests.databases import empty_database, run
from tests.with_postgres import binaries

DATA = Path(__file__).parent / "data"
POSTGRESQL = "1.23.2-postgresql"
RELEASES = ("1.4.1", "1.8.2", "1.13.1", "1.23.2")
SECOND_ANNA = ("--email", "16=anna.second@example.org")  # everywhere the address of the first one, in capitals


def unpacked(release: str, folder: Path) -> Path:
    """The data folder of a release on SQLite."""
    made = folder / release
    made.mkdir()
    packed = (DATA / release / "label_studio.sqlite3.gz").read_bytes()
    (made / "label_studio.sqlite3").write_bytes(gzip.decompress(packed))
    shutil.copytree(DATA / release / "media", made / "media")
    if (DATA / release / "env").exists():
        shutil.copyfile(DATA / release / "env", made / ".env")
    return made


@contextmanager
def on_postgresql(server: str, lines: int | None = None) -> Iterator[str]:
    """The release on PostgreSQL, or only the first lines of its dump; the URL of the database."""
    dump = gzip.decompress((DATA / POSTGRESQL / "dump.sql.gz").read_bytes())
    part = b"\n".join(dump.split(b"\n")[:lines])
    with empty_database(server) as url:
        given = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        subprocess.run([binaries() / "psql", "--quiet", given], input=part, check=True, capture_output=True)
        # Another form of times than the server's default must not matter.
        run(url, f"ALTER DATABASE {make_url(url).database} SET datestyle TO German")
        yield url


def expected(release: str) -> Any:
    """What is known of that installation, and what should arrive."""
    return json.loads((DATA / release / "expected.json").read_text())


def move_in(app: Flask, source: Path | str, *options: str) -> Result:
    """Run the command."""
    result = app.test_cli_runner().invoke(args=["import-label-studio", str(source), *options])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def rows(source: Path | str, statement: str) -> list[dict[str, Any]]:
    """What the source's database answers."""
    url = source if isinstance(source, str) else f"sqlite:///{source}/label_studio.sqlite3"
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        if isinstance(source, str):
            connection.execute(text("SET datestyle TO ISO"))
        return [dict(row) for row in connection.execute(text(statement)).mappings()]

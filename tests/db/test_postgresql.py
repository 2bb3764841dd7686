"""PostgreSQL that is not as it should be: one line that says what is wrong and what mends it, and nothing begun."""

import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, make_url, text

from app import create_app
from ls.backup.restore import prepare_database
from ls.db.extensions import db
from ls.db.postgresql import version_problem
from tests.conftest import SECRET_KEY
from tests.databases import any_postgres, empty_database, own_postgres, run
from tests.with_postgres import free_port


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with any_postgres() as url:
        yield url


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str], Flask]]:
    made: list[Flask] = []

    def make(url: str) -> Flask:
        settings = {"TESTING": True, "BASE_DATA_DIR": str(tmp_path), "SECRET_KEY": SECRET_KEY, "DATABASE_URL": url}
        made.append(create_app(settings))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@contextmanager
def role(server: str, options: str = "LOGIN") -> Iterator[str]:
    """A role of its own, gone afterwards."""
    name = f"role_{uuid.uuid4().hex}"
    run(server, f"CREATE ROLE {name} {options}")
    yield name
    run(server, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def changed(url: str, **parts: Any) -> str:
    """The URL with another user, database or port."""
    return make_url(url).set(**parts).render_as_string(hide_password=False)


def refusal(app: Flask) -> str:
    """The one line that start and check say alike, up to where they looked."""
    said = set()
    for command in (["start", "--no-browser", "--host", "192.0.2.1"], ["check"]):
        answer = app.test_cli_runner().invoke(args=command)
        assert (answer.exit_code, answer.stdout, answer.stderr.count("\n")) == (1, "", 1)
        said.add(answer.stderr)
    assert len(said) == 1
    return said.pop()


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_another_encoding_is_refused_before_a_name_is_lost(
    server: str, make: Callable[[str], Flask], encoding: str
) -> None:
    name = f"test_{uuid.uuid4().hex}"
    run(server, f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    try:
        said = refusal(make(changed(server, database=name)))
        assert said.startswith(f"The database {name} has the encoding {encoding}, which cannot store every name.")
        assert "createdb -T template0 -E UTF8" in said
    finally:
        run(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize(
    ("parts", "says", "cure"),
    [
        ({"database": "nowhere"}, 'FATAL:  database "nowhere" does not exist', "createdb -O"),
        ({"username": "nobody"}, 'FATAL:  role "nobody" does not exist', "createuser"),
        ({"port": 1}, "Connection refused", "Is PostgreSQL running"),
        ({"host": "nowhere.invalid"}, "failed to resolve host", "Mend the host"),
        ({"query": {"sslmode": "maybe"}}, "invalid sslmode value", "Mend the parameter sslmode"),
        ({"query": {"options": "-cno=1"}}, 'unrecognized configuration parameter "no"', "Take that parameter out"),
        ({"query": {"connect_timeout": "soon"}}, "connect_timeout", ""),
    ],
)
def test_a_server_that_lets_nobody_in_is_one_line_with_its_cure(
    server: str, make: Callable[[str], Flask], parts: dict[str, Any], says: str, cure: str
) -> None:
    said = refusal(make(changed(server, **parts)))
    assert says in said
    assert cure in said


def test_a_role_that_may_not_log_in_or_connect_is_told_what_to_ask_for(
    server: str, make: Callable[[str], Flask]
) -> None:
    with empty_database(server) as url, role(server, "NOLOGIN") as closed, role(server) as stranger:
        assert "ALTER ROLE ... LOGIN" in refusal(make(changed(url, username=closed)))
        run(server, f"REVOKE CONNECT ON DATABASE {make_url(url).database} FROM public")
        assert "GRANT CONNECT ON DATABASE" in refusal(make(changed(url, username=stranger)))


def test_a_wrong_password_is_named(tmp_path: Path, make: Callable[[str], Flask]) -> None:
    with own_postgres() as own:
        rules = own.folder / "data" / "pg_hba.conf"
        run(own.url, "CREATE ROLE anna LOGIN PASSWORD 'right one'")
        rules.write_text("host all anna 127.0.0.1/32 scram-sha-256\n" + rules.read_text())
        run(own.url, "SELECT pg_reload_conf()")
        time.sleep(0.5)
        for password in ("hush-hush", None):
            said = refusal(make(changed(own.url, username="anna", password=password)))
            assert "Mend user and password in LABEL_STUDIO_DATABASE_URL." in said
            assert "hush" not in said


def test_a_role_that_can_only_read_is_refused(server: str, make: Callable[[str], Flask]) -> None:
    with empty_database(server) as url, role(server) as reader:
        prepare_database(make(url))
        run(url, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}")
        said = refusal(make(changed(url, username=reader)))
        assert said.startswith(f"The user {reader} may not read and write these tables: alembic_version, annotations,")
        assert "has to own database and tables" in said
        run(url, f"DROP OWNED BY {reader}")


def test_a_role_that_may_make_no_tables_is_told_what_to_ask_for(
    tmp_path: Path, server: str, make: Callable[[str], Flask]
) -> None:
    with empty_database(server) as url, role(server) as guest:
        app = make(changed(url, username=guest))
        answer = app.test_cli_runner().invoke(args=["start", "--no-browser"])
        assert answer.exit_code == 1
        assert "permission denied for schema public. The user in LABEL_STUDIO_DATABASE_URL has to own" in answer.stderr


def test_a_database_without_a_schema_is_refused(server: str, make: Callable[[str], Flask]) -> None:
    with empty_database(server) as url:
        said = refusal(make(changed(url, query={"options": "-csearch_path=nowhere"})))
        assert said.endswith("has no schema to make tables in: its search_path is nowhere. Make that schema.\n")


def test_tables_of_another_program_are_told_from_a_missing_right(server: str, make: Callable[[str], Flask]) -> None:
    with empty_database(server) as url:
        run(url, "CREATE TABLE users (id int)")
        said = make(url).test_cli_runner().invoke(args=["start", "--no-browser"]).stderr
        assert "already exists. The database belongs to another program. Name an empty one" in said
        assert "OWNER TO" not in said


def test_a_database_that_is_read_only_is_refused(server: str, make: Callable[[str], Flask]) -> None:
    with empty_database(server) as url:
        prepare_database(make(url))
        run(server, f"ALTER DATABASE {make_url(url).database} SET default_transaction_read_only = on")
        assert "can only be read. Name the primary server" in refusal(make(url))


def test_an_old_server_is_refused() -> None:
    assert version_problem(120_022) == "The server is PostgreSQL 12. Version 13 or a newer one is needed."
    assert version_problem(130_000) is None


def test_names_arrive_whatever_the_environments_encoding_is(
    server: str, make: Callable[[str], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    with empty_database(server) as url:
        account = ["user", "create", "--username", "li@example.org", "--password", "correct horse", "--last-name", "李"]
        runner = make(url).test_cli_runner()
        assert runner.invoke(args=account).exit_code == 0
        assert "李" in runner.invoke(args=["user", "list"]).stdout


@contextmanager
def pooler(folder: Path, url: str) -> Iterator[str]:
    """PgBouncer in transaction mode in front of that database; its URL."""
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin")
    if program is None:
        pytest.skip("pgbouncer is not installed: POOLERS WERE NOT TESTED. On Debian: apt-get install pgbouncer")
    there, port = make_url(url), free_port()
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n{there.database} = host=127.0.0.1 port={there.port} user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        "pool_mode = transaction\ndefault_pool_size = 4\n"
    )
    settings.chmod(0o644)
    process = subprocess.Popen([program, "-u", "nobody", settings.name], cwd=folder, stderr=subprocess.DEVNULL)
    try:
        place = changed(url, port=port)
        for _ in range(100):
            try:
                run(place, "SELECT 1")
                break
            except Exception:
                time.sleep(0.05)
        yield place
    finally:
        process.terminate()
        process.wait(timeout=10)


def test_a_pooler_in_transaction_mode_works(server: str, make: Callable[[str], Flask], tmp_path: Path) -> None:
    with empty_database(server) as url, pooler(tmp_path, url) as pooled:
        app = make(pooled)
        prepare_database(app)
        direct = create_engine(url)
        with direct.connect() as connection:
            locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
            locks += "(SELECT oid FROM pg_database WHERE datname = current_database())"
            assert connection.scalar(text(locks)) == 0
        direct.dispose()
        with app.app_context(), db.engine.connect() as one, db.engine.connect() as two:
            for number in range(20):  # the driver would prepare a statement that it meets so often
                for connection, column in ((one, "email"), (two, "phone")):
                    connection.execute(text(f"SELECT {column} FROM users WHERE id = :id"), {"id": number})  # noqa: S608
                    connection.commit()
        runner = app.test_cli_runner()
        account = ["user", "create", "--username", "li@example.org", "--password", "correct horse"]
        assert runner.invoke(args=account).exit_code == 0
        assert runner.invoke(args=["check"]).output.endswith("OK\n")

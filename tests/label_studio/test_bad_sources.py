"""A source that is no whole database of Label Studio: one line, nothing here, and not a byte changed there."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, make_url, select, text
from sqlalchemy.exc import InternalError

from ls.backup.copy import snapshot
from ls.db.extensions import db
from ls.label_studio import source
from ls.models import Project, User
from tests.cast import Cast
from tests.databases import any_postgres, empty_database, run
from tests.label_studio.installations import SECOND_ANNA, move_in, on_postgresql, unpacked

FILE = "label_studio.sqlite3"


def sql(*statements: str) -> Callable[[Path], object]:
    """Execute these in the database of a data folder."""

    def execute(folder: Path) -> None:
        with closing(sqlite3.connect(folder / FILE)) as connection:
            connection.execute("PRAGMA ignore_check_constraints=ON")
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    return execute


def write(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """Write other bytes into the file."""
    return lambda folder: (folder / FILE).write_bytes(change((folder / FILE).read_bytes()))


def foreign(folder: Path) -> None:
    (folder / FILE).unlink()
    sql("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)")(folder)


def without_key(folder: Path) -> None:
    sql("CREATE TABLE kept AS SELECT * FROM task", "DROP TABLE task", "ALTER TABLE kept RENAME TO task")(folder)


NOT_COMPLETE = "is not complete: task has no primary key. Load the dump to its end."
BAD: list[tuple[Callable[[Path], object], str]] = [
    (write(lambda data: data[: len(data) // 2]), "cannot be read: database disk image is malformed. Nothing"),
    (write(lambda data: data[:8200] + b"\x7f" * 32 + data[8232:]), "cannot be read: the file is damaged: *** in"),
    (write(lambda data: data.replace(b'TABLE "task" ', b"TABLE task \xff\xff")), "cannot be read: 'utf-8' codec"),
    (write(lambda data: data.replace(b"htx_user", b"h\xffx_user")), "cannot be read: 'utf-8' codec can't encode"),
    (write(lambda data: b"PK\x03\x04" + data), "cannot be read: file is not a database. Nothing was changed."),
    (write(lambda _data: b""), "is no database of Label Studio: no table htx_user."),
    (foreign, "is no database of Label Studio: no table htx_user."),
    (sql("ALTER TABLE task_completion RENAME TO x"), "is no database of Label Studio: no table task_completion."),
    (sql("ALTER TABLE task_completion RENAME result TO x"), "of Label Studio: no column result in task_completion."),
    (without_key, NOT_COMPLETE),
    (lambda folder: (folder / FILE).unlink(), f"has no {FILE}. If the file is called otherwise, name the file itself."),
    (sql("UPDATE task SET id = 3000000000 WHERE id = 1"), "has ids in task that cannot be kept: 2 to 3000000000."),
    (sql("UPDATE htx_user SET id = -1 WHERE id = 9"), "has ids in htx_user that cannot be kept: -1 to 16."),
    (sql("DELETE FROM organization"), "moves in, with --organization N: there is none."),
    (sql("UPDATE htx_user SET is_active = 0"), "could log in: there is no active member."),
]


@pytest.mark.parametrize(("damage", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_a_bad_file(app: Flask, tmp_path: Path, damage: Callable[[Path], object], message: str) -> None:
    folder = unpacked("1.23.2", tmp_path)
    damage(folder)
    assert_refused(app, folder, message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--organization", "7"], "Choose the organization that moves in, with --organization N: 1 ('Sägewerk"),
        (["--email", "11=x@example.org"], "--email 11=x@example.org: no such account moves in."),
        (["--email", "10=x@example.org"], "--email 10=x@example.org: no such account moves in."),  # deleted
        (["--email", "9=x@y"], "9 'x@y' (nobody can log in with it)."),
        (["--email", "9=ANNA.berg@example.org"], "9 'ANNA.berg@example.org' (the same as 2)."),
        (["--email", "x@example.org"], "--email x@example.org: give the id of an account and its new email"),
    ],
)
def test_wishes_that_cannot_be_met(app: Flask, tmp_path: Path, options: list[str], message: str) -> None:
    assert_refused(app, unpacked("1.23.2", tmp_path), message, *options)


def assert_refused(app: Flask, folder: Path, message: str, *options: str) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    said = move_in(app, folder, *SECOND_ANNA, *options)
    assert (said.exit_code, said.stdout, said.stderr.count("\n")) == (1, "", 1), said.stderr
    assert message in said.stderr
    assert_nobody_is_here(app)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def assert_nobody_is_here(app: Flask) -> None:
    with app.app_context():
        assert db.session.scalar(select(User.id)) is None
        assert db.session.scalar(select(Project.id)) is None
    assert list(Path(app.config["BASE_DATA_DIR"]).glob(".label-studio-*")) == []


def test_a_file_that_another_program_keeps_locked(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = unpacked("1.23.2", tmp_path)
    monkeypatch.setattr(source, "WAIT", 0.2)
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert_refused(app, folder, "is locked by another program. Nothing was changed.")


def test_an_installation_with_somebody_in_it(app: Flask, cast: Cast, tmp_path: Path) -> None:
    cast.alice(sign_in=False)
    said = move_in(app, unpacked("1.23.2", tmp_path))
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr == (
        "There are accounts or projects here already. A team moves into an empty installation only.\n"
    )


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[str]:
    with any_postgres() as url:
        yield url


def test_half_a_dump(app: Flask, postgres_server: str) -> None:
    with on_postgresql(postgres_server, lines=4000) as url:
        assert_url_is_refused(app, url, "is not complete: htx_user has no primary key. Load the dump to its end.\n")
    with empty_database(postgres_server) as url:
        engine = create_engine(url, poolclass=NullPool)
        with pytest.raises(InternalError, match="read-only"), snapshot(engine) as connection:
            connection.execute(text("CREATE TABLE nothing (id integer)"))
        assert_url_is_refused(app, url, "is no database of Label Studio: no table htx_user.\n")


def test_a_user_who_may_not_read(app: Flask, postgres_server: str) -> None:
    with on_postgresql(postgres_server) as url:
        run(url, "CREATE ROLE nobody_here LOGIN", "GRANT SELECT ON htx_user, organization TO nobody_here")
        other = make_url(url).set(username="nobody_here").render_as_string()
        assert_url_is_refused(app, other, "permission denied for sequence htx_user_id_seq. Nothing was changed.\n")
        run(url, "DROP OWNED BY nobody_here", "DROP ROLE nobody_here")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://anna:geheim@127.0.0.1:1/x", "Connection refused"),
        ("mysql://localhost/x", "The URL to read from mysql is not supported; use sqlite or postgresql+psycopg."),
        ("sqlite:////tmp/x.sqlite3", "Name a SQLite database by its folder or file, not by a URL."),
        ("nowhere", "nowhere is no file."),
    ],
)
def test_a_source_that_is_not_there(app: Flask, url: str, message: str) -> None:
    assert_url_is_refused(app, url, message)


def assert_url_is_refused(app: Flask, url: str, message: str) -> None:
    said = move_in(app, url)
    assert (said.exit_code, said.stdout, said.stderr.count("\n")) == (1, "", 1), said.stderr
    assert message in said.stderr
    assert "geheim" not in said.stderr
    assert_nobody_is_here(app)

"""Backup and restore: one file with everything, written while the server serves, checked, and restored as a whole."""

import hashlib
import io
import json
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from ls.backup import archive as archives
from ls.backup import restore
from ls.backup.archive import DATABASE, MANIFEST, OLD_DATABASE, SECRET_KEY, BackupRefused
from ls.db.extensions import db
from ls.db.migrate import REVISIONS, migrate
from ls.db.sqlite import file_engine
from ls.security.secret_key import NEXT_NAME
from tests.cast import PASSWORD, Browser, Cast, Person, session_cookie
from tests.db.test_transaction import in_threads
from tests.pictures import drawing, saved
from tests.safety.routes import state

Make = Callable[..., Flask]
NOTHING: frozenset[str] = frozenset()


@pytest.fixture
def here(make_app: Make) -> Flask:
    """An installation with a secret key of its own."""
    return make_app(SECRET_KEY=None)


@pytest.fixture
def alice(here: Flask) -> Person:
    """Alice, with a picture."""
    person = Cast(here).alice()
    file = {"avatar": (io.BytesIO(saved(drawing(), "PNG")), "me.png")}
    assert person.browser.post("/user/account/avatar", file, page="/user/account/").status_code == 303
    return person


@pytest.fixture
def archive(here: Flask, alice: Person, tmp_path: Path) -> Path:
    """A backup of `here`."""
    archives.backup(here, tmp_path / "all.tar.gz")
    return tmp_path / "all.tar.gz"


@pytest.fixture
def there(make_app: Make, tmp_path: Path) -> Flask:
    """Another installation, with a data folder, a key and a member of its own."""
    (tmp_path / "there").mkdir()
    app = make_app(SECRET_KEY=None, BASE_DATA_DIR=str(tmp_path / "there"), DATABASE_URL="")
    Cast(app).person("zoe", sign_in=False)
    return app


def works(app: Flask, person: Person) -> list[int]:
    """The status of requests with the user's token, old cookie and password, and of their picture."""
    cookie = person.browser.client.get_cookie(session_cookie(person.browser.client.application))
    assert cookie is not None
    client = app.test_client()
    api = client.get("/api/current-user/whoami", headers=person.auth)
    client.set_cookie(session_cookie(app), cookie.value)
    page = client.get("/user/account/")
    picture = client.get((api.json or {}).get("avatar") or "/none")
    return [api.status_code, page.status_code, picture.status_code, Browser(app).sign_in(person.email).status_code]


def test_it_is_one_private_file(archive: Path) -> None:
    assert archive.stat().st_mode & 0o777 == 0o600
    with tarfile.open(archive) as tar:
        assert [(member.name, member.mode) for member in tar] == [
            (name, 0o600) for name in (MANIFEST, SECRET_KEY, DATABASE)
        ]
    assert list(archive.parent.glob(".backup-*")) == []


def test_a_backup_restored_elsewhere_has_everything(archive: Path, there: Flask, alice: Person) -> None:
    way_back = restore.restore(there, archive)
    assert works(there, alice) == [200, 200, 200, 302]
    assert Browser(there).sign_in("zoe@example.org").status_code == 422
    assert way_back.stat().st_mode & 0o777 == 0o600
    restore.restore(there, way_back)
    assert Browser(there).sign_in("zoe@example.org").status_code == 302
    assert Browser(there).sign_in(alice.email).status_code == 422


def test_a_restore_undoes_what_came_after(here: Flask, archive: Path, alice: Person) -> None:
    with here.app_context(), db.engine.connect():
        then = state(here, without=NOTHING)
    cast = Cast(here)
    bob = cast.bob()
    alice.browser.post("/user/account/token/reset", page="/user/account/")
    restore.restore(here, archive)
    assert state(here, without=NOTHING) == then
    assert works(here, alice) == [200, 200, 200, 302]
    assert here.test_client().get("/api/current-user/whoami", headers=bob.auth).status_code == 401
    again = cast.bob()  # ids and search go on, and the audit log is append-only again
    found = alice.browser.get("/people/?q=bob@").text
    assert f'id="person-{again.id}"' in found
    with here.app_context(), pytest.raises(Exception, match="append-only"), db.engine.begin() as connection:
        connection.execute(text("DELETE FROM events"))


def test_it_is_consistent_while_others_write(here: Flask, alice: Person, tmp_path: Path, there: Flask) -> None:
    written: list[int] = []
    done: list[Path] = []

    def work() -> None:
        if threads.pop():
            for number in range(3):
                archives.backup(here, tmp_path / f"{number}.tar.gz")
                done.append(tmp_path / f"{number}.tar.gz")
            return
        while len(done) < 3:
            answer = here.test_client().post("/api/projects/", json={"title": "x"}, headers=alice.auth)
            written.append(answer.status_code)

    threads = [False, False, True]
    in_threads(3, work)
    assert set(written) == {201}
    counts = []
    for path in done:
        restore.restore(there, path)
        found = there.test_client().get("/api/projects/", headers=alice.auth).json
        assert found is not None
        counts.append(found["count"])
    assert counts == sorted(counts)


def packed(archive: Path, **changes: Any) -> Path:
    """The archive with members replaced. The manifest has their hashes, unless it is replaced too."""
    with tarfile.open(archive) as tar:
        parts = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]  # files only
    parts |= {name: value for name, value in changes.items() if name in parts}
    manifest = json.loads(parts[MANIFEST]) if MANIFEST not in changes else None
    if isinstance(manifest, dict):
        manifest["sha256"] = {name: hashlib.sha256(parts[name]).hexdigest() for name in (DATABASE, SECRET_KEY)}
        parts[MANIFEST] = json.dumps(manifest | changes.get("claims", {})).encode()
    target = archive.with_name("changed.tar.gz")
    with tarfile.open(target, "w:gz") as tar:
        for name, content in parts.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return target


def edited(archive: Path, *statements: str) -> Path:
    """The archive with its database changed."""
    with tarfile.open(archive) as tar:
        tar.extract(DATABASE, archive.parent / "scratch", filter="data")
    path = archive.parent / "scratch" / DATABASE
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return packed(archive, **{DATABASE: path.read_bytes()})


def link(archive: Path, kind: bytes) -> Path:
    """An archive whose database is a link to a file outside."""
    target = archive.with_name("link.tar.gz")
    with tarfile.open(archive) as tar, tarfile.open(target, "w:gz") as out:
        for member in tar:
            if member.name != DATABASE:
                out.addfile(member, tar.extractfile(member))
        member = tarfile.TarInfo(DATABASE)
        member.type, member.linkname = kind, "/etc/passwd"
        out.addfile(member)
    return target


def claiming_much(archive: Path) -> Path:
    """An archive whose database claims to be larger than any disk."""
    target = archive.with_name("huge.tar.gz")
    member = tarfile.TarInfo(DATABASE)
    member.size = 1 << 60
    with tarfile.open(archive) as tar, tarfile.open(target, "w:gz") as out:
        for small in (MANIFEST, SECRET_KEY):
            out.addfile(tar.getmember(small), tar.extractfile(small))
        assert out.fileobj is not None
        out.fileobj.write(member.tobuf(tarfile.GNU_FORMAT))
    return target


def cut(archive: Path, part: float) -> Path:
    """The beginning of the archive, as an interrupted download leaves it."""
    target = archive.with_name("cut.tar.gz")
    content = archive.read_bytes()
    target.write_bytes(content[: int(len(content) * part)])
    return target


def flipped(archive: Path) -> Path:
    """The archive with one wrong bit in the middle."""
    target, content = archive.with_name("bit.tar.gz"), bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 1
    target.write_bytes(content)
    return target


def other(archive: Path, content: bytes) -> Path:
    """A file with this content."""
    target = archive.with_name("other.tar.gz")
    target.write_bytes(content)
    return target


HOSTILE: dict[str, Callable[[Path], Path]] = {
    "nothing": lambda a: other(a, b""),
    "no archive": lambda a: other(a, b"PK\x03\x04 not a tar"),
    "an empty archive": lambda a: other(a, b"\x1f\x8b\x08" + b"\0" * 7 + b"\x03\x00" + b"\0" * 8),
    "cut in the header": lambda a: cut(a, 0.01),
    "cut in half": lambda a: cut(a, 0.5),
    "cut near the end": lambda a: cut(a, 0.97),
    "a flipped bit": flipped,
    "a symbolic link": lambda a: link(a, tarfile.SYMTYPE),
    "a hard link": lambda a: link(a, tarfile.LNKTYPE),
    "a device": lambda a: link(a, tarfile.CHRTYPE),
    "a huge member": claiming_much,
    "a large manifest": lambda a: packed(a, **{MANIFEST: b"[" * 200_000}),
    "a deep manifest": lambda a: packed(a, **{MANIFEST: b"[" * 99_000}),
    "a manifest that is a list": lambda a: packed(a, **{MANIFEST: b"[]"}),
    "a manifest of another archive": lambda a: packed(a, **{MANIFEST: b'{"format": 1, "schema": "0001"}'}),
    "a newer schema": lambda a: packed(a, claims={"schema": "9999", "version": "9.0"}),
    "a newer format": lambda a: packed(a, claims={"format": 2}),
    "a schema that is no text": lambda a: packed(a, claims={"schema": ["0001"]}),
    "a key too short to be safe": lambda a: packed(a, **{SECRET_KEY: b"short"}),
    "a key that is no text": lambda a: packed(a, **{SECRET_KEY: b"\xff" * 48}),
    "no database": lambda a: packed(a, **{DATABASE: b"SQLite format 3\0" + b"\xff" * 5000}),
    "an empty database": lambda a: packed(a, **{DATABASE: b""}),
    "a view": lambda a: edited(a, "DROP TABLE avatars", "CREATE VIEW avatars AS SELECT 1"),
    "a column that is missing": lambda a: edited(a, "ALTER TABLE users DROP COLUMN phone"),
    "a value that the column does not take": lambda a: edited(
        a,
        "ALTER TABLE avatars RENAME TO old",
        "CREATE TABLE avatars AS SELECT user_id, NULL AS name, media_type, data FROM old",
    ),
    "a view with the right columns": lambda a: edited(
        a, "ALTER TABLE avatars RENAME TO old", "CREATE VIEW avatars AS SELECT * FROM old"
    ),
    "a virtual table": lambda a: edited(
        a, "DROP TABLE avatars", "CREATE VIRTUAL TABLE avatars USING fts5(user_id, name, media_type, data)"
    ),
    "a column that is computed": lambda a: edited(
        a, "ALTER TABLE users DROP COLUMN phone", "ALTER TABLE users ADD COLUMN phone AS (hex(zeroblob(id)))"
    ),
    "a view instead of the last ids": lambda a: edited(
        a,
        "PRAGMA writable_schema=ON",
        "UPDATE sqlite_master SET type = 'view', rootpage = 0, sql = 'CREATE VIEW sqlite_sequence AS SELECT 1'"
        " WHERE name = 'sqlite_sequence'",
    ),
    "a table that is missing": lambda a: edited(a, "DROP TABLE avatars"),
    "a schema that lies": lambda a: edited(a, "UPDATE alembic_version SET version_num = '0000'"),
    "a row that points nowhere": lambda a: edited(
        a, "INSERT INTO one_time_codes (user_id, digest, created_at) VALUES (99, x'00', '2026-01-01')"
    ),
}


def test_an_archive_of_an_older_version_has_another_name_for_the_database(
    archive: Path, there: Flask, alice: Person, tmp_path: Path
) -> None:
    old = tmp_path / "old.tar.gz"
    with tarfile.open(archive) as tar:
        parts = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]  # files only
    parts[OLD_DATABASE] = parts.pop(DATABASE)
    parts[MANIFEST] = parts[MANIFEST].replace(DATABASE.encode(), OLD_DATABASE.encode())
    with tarfile.open(old, "w:gz") as tar:
        for name, content in parts.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    restore.restore(there, old)
    assert works(there, alice) == [200, 200, 200, 302]


WRONG_VALUES = {
    "bytes for a number": ("UPDATE organizations SET active_members = x'00'", "organizations, row 1: active_members"),
    "text for a number": ("UPDATE organizations SET active_members = 'many'", "organizations, row 1: active_members"),
    "a number too large": ("UPDATE organizations SET active_members = 1 << 31", "organizations, row 1: active_members"),
    "a fraction": ("UPDATE organizations SET active_members = 1.5", "organizations, row 1: active_members"),
    "two for a truth": ("UPDATE organizations SET api_tokens_enabled = 2", "row 1: api_tokens_enabled is no BOOLEAN"),
    "a number for bytes": ("UPDATE organizations SET invite_nonce = 1", "row 1: invite_nonce is no BLOB"),
    "bytes for text": ("UPDATE users SET phone = x'41'", "table users, row 1: phone is no VARCHAR"),
    "text with a NUL": ("UPDATE users SET phone = char(65, 0, 66)", "table users, row 1: phone is no VARCHAR"),
    "text that is no UTF-8": ("UPDATE users SET phone = CAST(x'ff' AS TEXT)", "users, row 1: phone is no VARCHAR"),
    "text too long": ("UPDATE users SET phone = hex(zeroblob(200))", "table users, row 1: phone is no VARCHAR"),
    "no time": ("UPDATE users SET date_joined = 'soon'", "table users, row 1: date_joined is no DATETIME"),
    "no JSON": ("UPDATE users SET custom_hotkeys = '{'", "table users, row 1: custom_hotkeys is no JSON"),
    "deep JSON": (
        "UPDATE users SET custom_hotkeys = replace(hex(zeroblob(50000)), '0', '[')",
        "table users, row 1: custom_hotkeys is no JSON",
    ),
    "an owner who is missing": ("UPDATE avatars SET user_id = 99", "table avatars, row 1: FOREIGN KEY"),
    "a last id that is none": ("INSERT INTO sqlite_sequence VALUES ('tasks', 'x')", "table tasks: its last id"),
    "a last id that leaves none": ("INSERT INTO sqlite_sequence VALUES ('tasks', ~(1 << 63))", "tasks: its last id"),
}


@pytest.mark.parametrize("kind", WRONG_VALUES)
def test_a_value_that_no_column_of_ours_holds_is_refused_with_its_row(
    kind: str, archive: Path, there: Flask, alice: Person
) -> None:
    statement, named = WRONG_VALUES[kind]
    with pytest.raises(BackupRefused) as refused:
        restore.restore(there, edited(archive, statement))
    assert named in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_our_constraints_forbid_is_refused_though_the_archive_allows_it(
    archive: Path, there: Flask, alice: Person
) -> None:
    twice = edited(
        archive,
        "ALTER TABLE api_tokens RENAME TO old",
        "CREATE TABLE api_tokens AS SELECT * FROM old",
        "INSERT INTO api_tokens SELECT * FROM old",
    )
    with pytest.raises(BackupRefused, match="table api_tokens, row 2: UNIQUE constraint failed: api_tokens"):
        restore.restore(there, twice)


SCHEMAS = {
    "no protection of events": ("DROP TRIGGER events_UPDATE", "DROP TRIGGER events_DELETE"),
    "another protection of events": (
        "DROP TRIGGER events_DELETE",
        "CREATE TRIGGER events_DELETE BEFORE DELETE ON events BEGIN SELECT 1; END",
    ),
    "a trigger": ("CREATE TRIGGER extra AFTER INSERT ON users BEGIN DELETE FROM events; END",),
    "a table": ("CREATE TABLE extra (id)", "INSERT INTO extra VALUES (1)"),
    "a view": ("CREATE VIEW extra AS SELECT 1",),
    "a column": ("ALTER TABLE users ADD COLUMN extra",),
    "a default": ("ALTER TABLE users ADD COLUMN extra DEFAULT 'x'",),
    "no index": ("DROP INDEX ix_users_email",),
    "an index that hides rows": (
        "PRAGMA writable_schema=ON",
        "DROP INDEX ix_users_email",
        "CREATE INDEX ix_users_email ON users (id) WHERE id < 0",
        "UPDATE sqlite_master SET sql = 'CREATE INDEX ix_users_email ON users (id)' WHERE name = 'ix_users_email'",
    ),
    "another page size": ("PRAGMA page_size=512", "PRAGMA application_id=7", "PRAGMA user_version=7"),
}


def schema_of(app: Flask) -> set[str]:
    with app.app_context(), db.engine.connect() as connection:
        return {line for line in connection.scalars(text("SELECT sql FROM sqlite_master")) if line}


@pytest.mark.sqlite
@pytest.mark.parametrize("kind", SCHEMAS)
def test_only_the_rows_of_an_archive_are_taken(kind: str, archive: Path, there: Flask, alice: Person) -> None:
    before = schema_of(there)
    restore.restore(there, edited(archive, *SCHEMAS[kind]))
    assert schema_of(there) == before
    assert works(there, alice) == [200, 200, 200, 302]
    with there.app_context(), pytest.raises(Exception, match="append-only"), db.engine.begin() as connection:
        connection.execute(text("DELETE FROM events"))


def test_an_archive_with_the_first_schema_is_brought_up_to_date(archive: Path, there: Flask, alice: Person) -> None:
    edited(archive)
    path = archive.parent / "scratch" / DATABASE
    with file_engine(path).connect().execution_options(write=True) as connection:
        migrate(connection, REVISIONS[0])
    restore.restore(there, packed(archive, **{DATABASE: path.read_bytes()}, claims={"schema": REVISIONS[0]}))
    assert works(there, alice) == [200, 200, 200, 302]


HOSTILE_TRIGGERS = (
    "CREATE TRIGGER one AFTER UPDATE ON users BEGIN DELETE FROM api_tokens; END",
    "CREATE TRIGGER two AFTER INSERT ON projects BEGIN DELETE FROM api_tokens; END",
)


def test_the_triggers_of_an_older_archive_do_not_run_while_it_is_brought_up_to_date(
    archive: Path, there: Flask, alice: Person
) -> None:
    edited(archive)
    path = archive.parent / "scratch" / DATABASE
    with file_engine(path).connect().execution_options(write=True) as connection:
        migrate(connection, REVISIONS[0])
    with closing(sqlite3.connect(path)) as connection:
        for statement in HOSTILE_TRIGGERS:
            connection.execute(statement)
    restore.restore(there, packed(archive, **{DATABASE: path.read_bytes()}, claims={"schema": REVISIONS[0]}))
    assert works(there, alice) == [200, 200, 200, 302]


def is_refused(app: Flask, archive: Path) -> bool:
    try:
        restore.restore(app, archive)
    except BackupRefused:
        return True
    return False


def test_a_damaged_or_hostile_archive_is_refused_and_nothing_changes(
    archive: Path, here: Flask, tmp_path: Path
) -> None:
    def present_state() -> tuple[object, ...]:
        files = {path.name for path in tmp_path.iterdir() if "sqlite3" not in path.name and ".tar.gz" not in path.name}
        return (tmp_path / SECRET_KEY).read_bytes(), state(here, without=NOTHING), files - {"restore.lock", "scratch"}

    before = present_state()
    for kind, spoiled in HOSTILE.items():
        assert is_refused(here, spoiled(archive)), kind
        assert present_state() == before, kind


def test_a_name_that_leads_out_of_the_archive_is_never_written(archive: Path, there: Flask, tmp_path: Path) -> None:
    target = archive.with_name("out.tar.gz")
    with tarfile.open(archive) as tar, tarfile.open(target, "w:gz") as out:
        for member in tar:
            out.addfile(member, tar.extractfile(member))
        for name in ("../escaped", "/tmp/escaped-from-a-backup", f"x/../../{SECRET_KEY}"):
            member = tarfile.TarInfo(name)
            member.size = 4
            out.addfile(member, io.BytesIO(b"evil"))
    restore.restore(there, target)
    assert not list(tmp_path.rglob("*escaped*"))
    assert not Path("/tmp/escaped-from-a-backup").exists()
    assert (tmp_path / "there" / SECRET_KEY).read_text() != "evil"


def test_a_key_from_the_environment_has_to_be_the_archives(archive: Path, make_app: Make, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    settings = {"BASE_DATA_DIR": str(tmp_path / "set"), "DATABASE_URL": ""}
    app = make_app(**settings)
    with pytest.raises(BackupRefused, match="LABEL_STUDIO_SECRET_KEY is set"):
        restore.restore(app, archive)
    (tmp_path / "set" / SECRET_KEY).write_text("a key in a file that the environment overrules\n")
    with pytest.raises(BackupRefused, match="LABEL_STUDIO_SECRET_KEY is set"):
        restore.restore(app, archive)
    same = make_app(**settings, SECRET_KEY=(tmp_path / SECRET_KEY).read_text().strip())
    restore.restore(same, archive)


class PowerCut(BaseException):
    """Nothing of the process runs after this."""


@pytest.mark.parametrize("moment", ["before the database", "after the database"])
def test_cut_off_half_way_key_and_database_still_belong_together(
    moment: str, archive: Path, there: Flask, alice: Person, make_app: Make, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    put = restore._put_in_place  # noqa: SLF001  # the moment between database and key

    def cut_off(app: Flask, database: Path) -> None:
        if moment == "after the database":
            put(app, database)
        raise PowerCut

    monkeypatch.setattr(restore, "_put_in_place", cut_off)
    # The second call stands in a `finally`, which a power cut does not run.
    calls = iter([restore.finish_restore])
    monkeypatch.setattr(restore, "finish_restore", lambda app: next(calls, lambda _app: None)(app))
    with pytest.raises(PowerCut):
        restore.restore(there, archive)
    monkeypatch.undo()
    assert (tmp_path / "there" / NEXT_NAME).exists()
    assert (tmp_path / "there" / NEXT_NAME).stat().st_mode & 0o777 == 0o600
    started = make_app(SECRET_KEY=None, BASE_DATA_DIR=str(tmp_path / "there"), DATABASE_URL="")
    assert not (tmp_path / "there" / NEXT_NAME).exists()
    in_old, in_new = (
        Browser(started).sign_in(email, PASSWORD).status_code for email in ("zoe@example.org", alice.email)
    )
    assert (in_old, in_new) == ((302, 422) if moment == "before the database" else (422, 302))
    result = started.test_cli_runner().invoke(args=["check"])
    assert result.output == "OK\n"
    restore.restore(started, archive)
    assert works(started, alice) == [200, 200, 200, 302]


@pytest.mark.parametrize("left", ["", "half a k", "another key, which is longer than 32 bytes", "\0"])
def test_a_key_that_opens_nothing_is_dropped(left: str, here: Flask, alice: Person, tmp_path: Path) -> None:
    key = (tmp_path / SECRET_KEY).read_bytes()
    (tmp_path / NEXT_NAME).write_text(left)
    assert here.test_cli_runner().invoke(args=["check"]).output == "OK\n"
    assert not (tmp_path / NEXT_NAME).exists()
    assert (tmp_path / SECRET_KEY).read_bytes() == key
    assert works(here, alice) == [200, 200, 200, 302]


def test_commands_say_in_one_line_what_is_wrong(here: Flask, archive: Path, tmp_path: Path) -> None:
    run = here.test_cli_runner().invoke
    refused = run(args=["restore", str(other(archive, b"x"))])
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert "is no backup that can be read" in refused.stderr
    nowhere = run(args=["backup", str(tmp_path / "none" / "x.tar.gz")])
    assert (nowhere.exit_code, nowhere.stderr.count("\n")) == (1, 1)
    for full in (sqlite3.OperationalError("database or disk is full"), OSError(28, "No space left on device")):

        def no_room(*_given: object, error: Exception = full) -> None:
            raise error

        with pytest.MonkeyPatch.context() as disk:
            disk.setattr(archives, "_copy_database", no_room)
            for words in (["restore", str(archive)], ["backup", str(tmp_path / "x.tar.gz")]):
                failed = run(args=words)
                assert (failed.exit_code, failed.stderr.count("\n")) == (1, 1)
                assert "disk is full" in failed.stderr or "No space left" in failed.stderr
    done = run(args=["restore", str(archive)])
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, f"Restored {archive}. Restart the server.")

"""Archives that somebody changed: each is refused with nothing changed, or only rows are taken, on both databases."""

import hashlib
import io
import json
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app import create_app
from ls.accounts.first_account import ensure_account
from ls.backup import archive, restore
from ls.backup.copy import TABLES, CopyRefused, checksum
from ls.db.extensions import db
from ls.db.migrate import HEAD, REVISIONS, migrate
from ls.db.sqlite import file_engine
from tests.torture.trial import Outcome, Trial
from tests.with_postgres import postgres

FORGET = "CREATE TRIGGER forget AFTER {verb} ON {table} BEGIN DELETE FROM api_tokens; END"
KINDS: dict[str, tuple[str, ...]] = {
    "changed trigger": (
        "DROP TRIGGER events_DELETE",
        "CREATE TRIGGER events_DELETE BEFORE DELETE ON events BEGIN SELECT 1; END",
    ),
    "dropped triggers": ("DROP TRIGGER events_DELETE", "DROP TRIGGER events_UPDATE"),
    "trigger on users": (FORGET.format(verb="UPDATE", table="users"),),
    "view for a table": ("ALTER TABLE api_tokens RENAME TO old", "CREATE VIEW api_tokens AS SELECT * FROM old LIMIT 0"),
    "computed column": (
        "ALTER TABLE users DROP COLUMN phone",
        "ALTER TABLE users ADD COLUMN phone AS (printf('%.*c', 3000, 'x'))",
    ),
    "bytes for a number": ("UPDATE organizations SET active_members = x'00'",),
    "text with a NUL": ("UPDATE users SET phone = char(65, 0, 66)",),
    "text for a time": ("UPDATE users SET date_joined = 'soon'",),
    "broken JSON": ("UPDATE users SET custom_hotkeys = '{'",),
    "no id is left": ("INSERT INTO sqlite_sequence VALUES ('projects', 9223372036854775807)",),
    "owner who is missing": ("UPDATE api_tokens SET user_id = 99",),
}
PROJECT = (
    "INSERT INTO projects (title, description, created_by_id, created_at, updated_at, label_config, options, "
    "tasks_count, annotations_count) SELECT 'x', '', id, date_joined, date_joined, '', '{}', 0, 0 FROM users"
)


def run() -> Outcome:
    """Restore every changed archive on both databases; triggers also in the oldest revision, which is migrated."""
    with tempfile.TemporaryDirectory() as name, postgres() as server:
        found = {
            f"{kind} ({revision}, {engine})": _outcome(app, changed)
            for engine, url in (("sqlite", ""), ("postgresql", server.durable_url))
            for app in [_installation(Path(name) / engine, url)]
            for revision in (HEAD, REVISIONS[0])
            for kind, changed in _archives(app, Path(name) / engine, revision)
            if revision == HEAD or "trigger" in kind
        }
    outcomes = list(found.values())
    bad = [kind for kind, outcome in found.items() if outcome not in {"refused", "rows only"}]
    figures = (
        f"{len(found)} archives: {outcomes.count('refused')} refused, {outcomes.count('rows only')} rows only, "
        f"{len(bad)} did harm" + "".join(f"; {kind}: {found[kind]}" for kind in bad)
    )
    return Outcome(not bad, figures)


def _installation(folder: Path, url: str) -> Flask:
    folder.mkdir()
    app = create_app({"BASE_DATA_DIR": str(folder), "DATABASE_URL": url})
    restore.prepare_database(app)
    with app.app_context():
        ensure_account("a@example.org", "correct horse battery", "torture-token-0123456789")
    archive.backup(app, folder / "good.tar.gz")
    return app


def _archives(app: Flask, folder: Path, revision: str) -> list[tuple[str, Path]]:
    with tarfile.open(folder / "good.tar.gz") as tar:
        parts = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]  # files only
    changed = []
    for number, (kind, statements) in enumerate(KINDS.items()):
        path = folder / f"{revision}-{number}.sqlite3"
        path.write_bytes(parts[archive.DATABASE])
        with app.app_context(), file_engine(path).connect().execution_options(write=True) as connection:
            migrate(connection, revision)
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            for statement in statements:
                database.execute(statement)
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        changed.append((kind, path.with_suffix(".tar.gz")))
        _pack(changed[-1][1], parts | {archive.DATABASE: path.read_bytes()}, revision)
    return changed


def _pack(target: Path, parts: dict[str, bytes], revision: str) -> None:
    digests = {name: hashlib.sha256(parts[name]).hexdigest() for name in (archive.DATABASE, archive.SECRET_KEY)}
    manifest = json.loads(parts[archive.MANIFEST]) | {"schema": revision, "sha256": digests}
    with tarfile.open(target, "w:gz") as tar:
        for name, content in (parts | {archive.MANIFEST: json.dumps(manifest).encode()}).items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def _outcome(app: Flask, changed: Path) -> str:
    """What became of the installation, which is put back to the good archive afterwards."""
    before = _sums(app)
    try:
        restore.restore(app, changed)
    except (archive.BackupRefused, CopyRefused):
        return "refused" if _sums(app) == before else "refused, but changed"
    except Exception as error:  # what a user would see as a traceback
        return f"{type(error).__name__}"
    outcome = _harm(app)
    restore.restore(app, changed.with_name("good.tar.gz"))
    return outcome


def _harm(app: Flask) -> str:
    with app.app_context(), db.engine.connect() as connection:
        for statement, harm in (("DELETE FROM events", "events can be deleted"), (PROJECT, "")):
            try:
                with connection.begin():
                    connection.execute(text(statement))
            except DBAPIError:
                harm = "" if harm else "no project can be made"
            if harm:
                return harm
        if not connection.scalar(text("SELECT count(*) FROM api_tokens")):
            return "tokens are gone"
    try:
        _sums(app)
    except (TypeError, ValueError):
        return "rows that cannot be read"
    return "rows only" if _is_typed(app) else "values of other types"


def _is_typed(app: Flask) -> bool:
    with app.app_context(), db.engine.connect() as connection:
        members = connection.scalar(text("SELECT active_members FROM organizations"))
        phone = connection.scalar(text("SELECT phone FROM users"))
    return isinstance(members, int) and "\0" not in phone and len(phone) <= 256


def _sums(app: Flask) -> list[object]:
    with app.app_context(), db.engine.connect() as connection:
        return [checksum(table, connection) for table in TABLES]


TRIAL = Trial("changed-archives", run)

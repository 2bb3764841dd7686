"""The source is only read, whatever state Label Studio left it in, and odd values in it do not cost the move."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from ls.db.extensions import db
from ls.label_studio.secret_key import read_key
from ls.models import Annotation, Project, Task, User
from ls.models.user import DEACTIVATED
from tests.cast import Cast
from tests.factories import a_project, a_task, an_annotation
from tests.label_studio.installations import SECOND_ANNA, move_in, unpacked
from tests.label_studio.test_bad_sources import FILE, sql

# A process that is killed while it has written, as by a power cut.
CUT_OFF = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode=" + sys.argv[2])
connection.execute("PRAGMA wal_autocheckpoint=0")
connection.execute("PRAGMA cache_size=1")
connection.execute("BEGIN")
connection.execute("UPDATE htx_user SET last_name = 'Written'")
if sys.argv[2] == "wal":
    connection.execute("COMMIT")
else:
    connection.execute("DELETE FROM task_completion")
os._exit(0)
"""


def cut_off(folder: Path, mode: str) -> None:
    subprocess.run([sys.executable, "-c", CUT_OFF, str(folder / FILE), mode], check=True)


def arrived(app: Flask, folder: Path) -> str:
    """Anna's last name as it was moved in; nothing in the folder was changed."""
    before = {path.name: path.read_bytes() for path in folder.glob(f"{FILE}*")}
    said = move_in(app, folder, *SECOND_ANNA)
    assert (said.exit_code, said.stderr) == (0, "")
    after = {path.name: path.read_bytes() for path in folder.glob(f"{FILE}*")}
    shared = f"{FILE}-shm"  # where readers and writers of a log tell one another what they read
    assert after.pop(shared, None) is None or before[shared]
    before.pop(shared, None)
    assert after == before
    with app.app_context():
        assert db.session.get_one(Annotation, 1).id == 1
        return db.session.get_one(User, 2).last_name


def test_a_write_ahead_log_that_was_written_back_gets_no_files_beside_it(app: Flask, tmp_path: Path) -> None:
    folder = unpacked("1.23.2", tmp_path)
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    assert arrived(app, folder) == "Berg"
    assert [path.name for path in folder.glob(f"{FILE}*")] == [FILE]


@pytest.mark.parametrize("index", ["kept", "lost"])
def test_what_only_the_write_ahead_log_has_arrives(app: Flask, tmp_path: Path, index: str) -> None:
    folder = unpacked("1.23.2", tmp_path)
    cut_off(folder, "wal")
    if index == "lost":
        (folder / f"{FILE}-shm").unlink()
    assert (folder / f"{FILE}-wal").stat().st_size > 0
    assert arrived(app, folder) == "Written"


def test_what_was_cut_off_is_rolled_back_in_the_copy_only(app: Flask, tmp_path: Path) -> None:
    folder = unpacked("1.23.2", tmp_path)
    cut_off(folder, "delete")
    assert (folder / f"{FILE}-journal").stat().st_size > 0
    assert arrived(app, folder) == "Berg"


def test_a_label_studio_that_runs_is_read_as_it_was_last_committed(app: Flask, tmp_path: Path) -> None:
    folder = unpacked("1.23.2", tmp_path)
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as running:
        running.execute("BEGIN IMMEDIATE")
        running.execute("UPDATE htx_user SET last_name = 'Unfinished'")
        assert arrived(app, folder) == "Berg"
        running.execute("ROLLBACK")


ODD = (
    "CREATE TEMP TABLE kept AS SELECT name, sql FROM sqlite_master",
    "PRAGMA writable_schema=ON",
    "UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE name IN ('htx_user', 'project', 'task')",
    "UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE name LIKE '%token' OR name LIKE '%settings'",
    "PRAGMA writable_schema=RESET",
    "UPDATE htx_user SET first_name = NULL, phone = NULL, password = NULL, date_joined = NULL WHERE id = 9",
    "UPDATE htx_user SET avatar = NULL WHERE id = 4",
    "UPDATE htx_user SET is_active = NULL WHERE id = 8",
    "UPDATE htx_user SET last_activity = 'yesterday', username = x'ff00fe', custom_hotkeys = '[' WHERE id = 7",
    "UPDATE htx_user SET avatar = 'avatars/' || char(0) WHERE id = 6",
    "UPDATE htx_user SET avatar = 'avatars/../../.env' WHERE id = 5",
    "UPDATE project SET title = NULL, color = 'a colour without any end' WHERE id = 2",
    "UPDATE project SET description = printf('%.*c', 1000000, 'x') WHERE id = 2",
    "UPDATE project SET created_at = NULL, updated_at = 17, sampling = 'none', control_weights = '{' WHERE id = 3",
    "UPDATE task SET data = printf('%.*c', 100000, '[') || printf('%.*c', 100000, ']') WHERE id = 1",
    "UPDATE task SET data = NULL, meta = 7, created_at = NULL WHERE id = 2",
    'UPDATE task SET data = \'{"n": ' + "9" * 5000 + "}' WHERE id = 3",
    "UPDATE task SET data = '{\"n\": [NaN, 1e999]}', created_at = '2026-01-01' WHERE id = 4",
    "UPDATE task_completion SET result = '{}', was_cancelled = 'x', lead_time = 'x', unique_id = 'x' WHERE id = 1",
    "UPDATE task_completion SET result = CAST(x'5b22ff225d' AS TEXT), updated_by_id = 'x' WHERE id = 2",
    "UPDATE organizations_organizationmember SET user_id = 'x' WHERE user_id = 14",
    "UPDATE organization SET title = ' ', contact_info = 'x', created_by_id = 12",
    "UPDATE session_policy_sessiontimeoutpolicy SET max_session_age = 9000000000",
    "UPDATE jwt_auth_jwtsettings SET api_token_ttl_days = -5, legacy_api_tokens_enabled = NULL",
    "UPDATE token_blacklist_outstandingtoken SET token = 'x.y' WHERE id = 1",
    "UPDATE token_blacklist_outstandingtoken SET expires_at = '2020-01-01 00:00:00' WHERE id = 2",
    "UPDATE authtoken_token SET user_id = NULL WHERE user_id = 3",
    "PRAGMA writable_schema=ON",
    "UPDATE sqlite_master SET sql = (SELECT sql FROM kept WHERE kept.name = sqlite_master.name)",
    "PRAGMA writable_schema=RESET",
)


def test_odd_values_are_mended_and_told(app: Flask, tmp_path: Path) -> None:
    folder = unpacked("1.23.2", tmp_path)
    sql(*ODD)(folder)
    said = move_in(app, folder, *SECOND_ANNA, "--json")
    assert (said.exit_code, said.stderr) == (0, "")
    report = json.loads(said.stdout)
    told = {row for change in report["changed"] for row in change["rows"]}
    assert told >= {"account 5", "account 6", "account 7", "project 2", "project 3", "task 1", "task 2", "task 4"}
    assert told >= {"organization 1", "annotation 1", "annotation 2"}
    assert report["left"]["personal_tokens_expired_or_of_deleted_people"] == 3
    with app.app_context():
        assert db.session.get_one(User, 8).status == db.session.get_one(User, 14).status == DEACTIVATED
        assert db.session.get_one(User, 5).avatar_name is None
        assert db.session.get_one(Project, 2).title == "Project 2"
        assert "color" in db.session.get_one(Project, 2).options
        assert db.session.get_one(Task, 1).data["value"].startswith("[[[[")
        assert db.session.get_one(Task, 2).data == {}
        assert db.session.get_one(Task, 4).data == {"n": [None, None]}
        assert db.session.get_one(Annotation, 1).result == [{}]


def test_files_that_stay_behind_are_counted_whatever_stands_before_their_place(app: Flask, tmp_path: Path) -> None:
    folder = unpacked("1.23.2", tmp_path)
    data = {
        1: {"image": "/prefix/data/upload/3/x.png"},  # as of a Label Studio below a prefix
        2: {"image": "http://localhost:8080/data/local-files/?d=x.png"},  # as of one that knows its address
        3: {"html": "<img src='s3://bucket/x.png'>"},
    }
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executemany("UPDATE task SET data = ? WHERE id = ?", ((json.dumps(data[n]), n) for n in data))
        connection.commit()
    said = move_in(app, folder, *SECOND_ANNA, "--dry-run", "--json")
    counted = json.loads(said.stdout)["tasks_with_files_elsewhere"]
    assert counted == {"/data/upload/": 2, "/data/local-files/": 1, "s3://": 1}


def test_ids_go_on_behind_the_highest_that_was_ever_given_out(app: Flask, tmp_path: Path) -> None:
    folder = unpacked("1.4.1", tmp_path)
    sql("UPDATE sqlite_sequence SET seq = seq + 500")(folder)
    said = move_in(app, folder, *SECOND_ANNA).stdout.splitlines()
    assert said[:2] == [f"Moved in from {folder}, organization Sägewerk Labelling 标注组 & Co:", "  people: 15"]
    assert "  the author is gone: it belongs to a deleted account: annotation 20, annotation 21, annotation 41" in said
    assert "  4 jose.nandu@example.org: 7 there, 5 here" in said
    assert said[-1] == "The invite link is a new one: roster invite"
    with app.app_context():
        task = a_task(a_project(1, "Next"))
        assert (Task.find(task).project_id, task, an_annotation(task, 1)) == (508, 542, 543)
    assert Cast(app).person("next", sign_in=False).id == 518  # behind the account for lost authors


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("DEBUG=1\nSECRET_KEY=first\nSECRET_KEY=a=b#c$d\n", "a=b#c$d"),
        ('SECRET_KEY="quoted"\n', "quoted"),
        ("SECRET_KEY='q\"'\r\n", 'q"'),
        ("SECRET_KEY=$NAME\n", ""),
        ("# nothing\n", ""),
    ],
)
def test_the_key_is_read_as_label_studio_reads_it(tmp_path: Path, text: str, key: str) -> None:
    (tmp_path / ".env").write_text(text)
    assert read_key(tmp_path / ".env") == key


def test_a_file_may_hold_the_key_alone(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k=ey\n")
    assert read_key(tmp_path / "key") == "k=ey"

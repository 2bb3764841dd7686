"""Releases are told apart by their columns: one that lacks some, or has others, is read all the same."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from flask import Flask

from ls.db.extensions import db
from ls.models import User
from ls.models.user import ACTIVE, DELETED
from tests.label_studio.installations import SECOND_ANNA, move_in, unpacked
from tests.label_studio.test_bad_sources import FILE, sql


def test_a_release_that_lacks_columns_tables_and_key_is_read_all_the_same(app: Flask, tmp_path: Path) -> None:
    folder = unpacked("1.23.2", tmp_path)
    lacking = {
        "htx_user": ("phone", "allow_newsletters"),
        "project": ("deleted_at", "sampling"),
        "task": ("meta",),
        "task_completion": ("lead_time",),
    }
    columns = [(table, each) for table, names in lacking.items() for each in names]
    tables = ("prediction", "jwt_auth_jwtsettings", "token_blacklist_blacklistedtoken", "webhook")
    sql(
        "DROP INDEX organizations_organizationmember_deleted_at_af2d5523",
        "ALTER TABLE organizations_organizationmember DROP COLUMN deleted_at",
        *(f"ALTER TABLE {table} DROP COLUMN {column}" for table, column in columns),
        *(f"DROP TABLE {table}" for table in tables),
    )(folder)
    (folder / ".env").unlink()
    said = move_in(app, folder, *SECOND_ANNA, "--json")
    assert (said.exit_code, said.stderr) == (0, "")
    report = json.loads(said.stdout)
    assert (report["came"]["annotations"], report["came"]["personal_tokens"]) == (41, 0)
    assert report["left"]["personal_tokens_without_the_secret_key"] == 8
    with app.app_context():
        assert db.session.get_one(User, 10).status == ACTIVE  # nobody can be told to be removed


def test_people_whom_a_release_marked_as_deleted_stay_deleted(app: Flask, tmp_path: Path) -> None:
    folder = unpacked("1.8.2", tmp_path)  # 1.9.1 and 1.9.2 marked the account, 1.10 marks the membership
    sql(
        "ALTER TABLE htx_user ADD COLUMN is_deleted bool NOT NULL DEFAULT 0",
        "UPDATE htx_user SET is_deleted = 1 WHERE id = 9",
    )(folder)
    said = move_in(app, folder, *SECOND_ANNA)
    assert (said.exit_code, said.stderr) == (0, "")
    with app.app_context():
        kit = db.session.get_one(User, 9)
        assert (kit.status, kit.email, kit.password_hash) == (DELETED, "", None)
        assert db.session.get_one(User, 8).status == ACTIVE


def test_a_database_that_was_loaded_without_its_counters(app: Flask, tmp_path: Path) -> None:
    folder = unpacked("1.8.2", tmp_path)
    with closing(sqlite3.connect(folder / FILE)) as connection:
        lines = [line.replace(" AUTOINCREMENT", "") for line in connection.iterdump() if "sqlite_sequence" not in line]
    (folder / FILE).unlink()
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executescript("\n".join(lines))
    said = move_in(app, folder, *SECOND_ANNA)
    assert (said.exit_code, said.stderr) == (0, "")

"""Migration 0003 on data of the release before: what is searched and sorted by, up and down again."""

import secrets
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, inspect, make_url, text

from ls.db import migrate as database
from ls.db.extensions import db
from ls.queries.people import PeopleFilter, list_people
from tests.databases import any_postgres, empty_database, run

# As the release before wrote them: email, names, status, name_key, search_text.
OLD = [
    ("jose@example.org", "José", "Muñoz", "active", "josé muñoz", "jose@example.org\njosé muñoz"),
    ("aenne@example.org", "Änne", "", "active", "änne", "aenne@example.org\nänne"),
    ("Zoe@example.org", "", "", "deactivated", "zoe@example.org", "zoe@example.org"),
    ("li@example.org", "明", "李", "active", "明 李", "li@example.org\n明 李"),
    ("ipek@example.org", "İpek", "Işık", "active", "i\u0307pek işık", "ipek@example.org\nipek işik"),
    ("", "", "", "deleted", "", ""),
]
INSERT = text(
    "INSERT INTO users (email, email_key, username, first_name, last_name, phone, status, date_joined, custom_hotkeys,"
    " appearance, name_key, activity_key, search_text) VALUES (:email, :email_key, '', :first, :last, '', :status,"
    " '2026-01-01 00:00:00', '{}', 'auto', :name_key, '1970-01-01 00:00:00', :search_text)"
)


@pytest.fixture
def old(app: Flask) -> Flask:
    """An installation of the release before, with people."""
    move(app, "0002")
    names = ("email", "first", "last", "status", "name_key", "search_text")
    people = [dict(zip(names, one, strict=True)) for one in OLD]
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(INSERT, [{**one, "email_key": one["email"].casefold() or None} for one in people])
    return app


def move(app: Flask, target: str) -> None:
    with app.app_context(), db.engine.connect().execution_options(write=True) as connection:
        database.migrate(connection, target)


def found(app: Flask, query: str, sort: str = "name") -> list[str]:
    with app.app_context():
        people = list_people(PeopleFilter(sort, "all", query)).rows
        db.session.rollback()
        return [person.email.partition("@")[0] for person in people]


def test_people_of_the_release_before_are_found_and_sorted(old: Flask) -> None:
    database.ensure_current(old)
    assert found(old, "") == ["aenne", "ipek", "jose", "Zoe", "li"]
    wanted = {"munoz jose": ["jose"], "李明": ["li"], "isik": ["ipek"], "ANNE": ["aenne"], "zoe": ["Zoe"], "nobody": []}
    assert {query: found(old, query) for query in wanted} == wanted


def test_a_downgrade_gives_the_release_before_what_it_wrote_itself(old: Flask) -> None:
    before = stored(old)
    indexes = index_names(old)
    database.ensure_current(old)
    assert stored(old) != before
    assert not {"people_search", "people_search_ranks", "people_search_by_name"} & tables(old)
    move(old, "0002")
    assert (stored(old), index_names(old)) == (before, indexes)
    assert found_by_runs(old, "muñ") == ["jose@example.org"]
    assert found_by_runs(old, "明 李") == ["li@example.org"]
    names = ["aenne", "ipek", "jose", "li", "Zoe"]
    assert found_by_runs(old, "e") == [f"{name}@example.org" for name in names]


def stored(app: Flask) -> list[Any]:
    return rows(app, "SELECT email, name_key, search_text FROM users ORDER BY id")


def rows(app: Flask, sql: str, **values: Any) -> list[Any]:
    with app.app_context(), db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql), values)]


def tables(app: Flask) -> set[str]:
    with app.app_context(), db.engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def index_names(app: Flask) -> list[Any]:
    with app.app_context(), db.engine.connect() as connection:
        indexes = inspect(connection).get_indexes("users")
        return sorted((one["name"], one["column_names"]) for one in indexes if not one["unique"])


def found_by_runs(app: Flask, run: str) -> list[str]:
    """Whom the old index has for a run of one to three letters, in the order of emails."""
    word = "x".join(f"{ord(letter):x}" for letter in run)
    with app.app_context():
        sql = FOUND_BY_RUNS[db.engine.dialect.name]
    return [row[0] for row in rows(app, sql, word=word)]


FOUND_BY_RUNS = {
    "sqlite": (
        "SELECT email FROM users JOIN people_search_ranks ON user_id = users.id JOIN people_search ON"
        " people_search.rowid = by_email WHERE people_search MATCH '\"' || :word || '\"' ORDER BY by_email"
    ),
    "postgresql": (
        "SELECT email FROM users JOIN people_search ON user_id = users.id"
        " WHERE grams @> ARRAY[CAST(:word AS text)] ORDER BY email_key"
    ),
}


def test_without_the_right_to_create_an_extension_everything_else_is_made(caplog: pytest.LogCaptureFixture) -> None:
    name = f"limited_{secrets.token_hex(8)}"
    with any_postgres() as server, empty_database(server) as url:
        run(url, f"CREATE ROLE {name} LOGIN", f"GRANT ALL ON SCHEMA public TO {name}")
        engine = create_engine(make_url(url).set(username=name), poolclass=NullPool)
        with engine.connect() as connection:
            database.migrate(connection, database.HEAD)
            indexes = {index["name"] for index in inspect(connection).get_indexes("users")}
        run(url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")
    assert "ix_users_email" in indexes
    assert "ix_users_trigrams" not in indexes
    [notice] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "permission denied to create extension" in notice
    assert "CREATE INDEX ix_users_trigrams" in notice

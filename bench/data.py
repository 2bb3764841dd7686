"""Makes an installation with as many people, projects and annotations as asked for, in seconds.

Rows are made by the database itself where possible, so that two million annotations take no longer than
a coffee. Names and addresses are made up from short lists; every fourth person has a Chinese name.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert, select, text, update

from app import create_app
from ls.accounts import sign_up as signup
from ls.db.extensions import db
from ls.db.migrate import ensure_current
from ls.db.transaction import write
from ls.models import Contribution, Event, LoginSession, Project, User
from ls.models.search_index import reindex

SECRET_KEY = "a fixed secret key, for measuring only, 32 bytes and more"
EMAIL, PASSWORD = "bench@example.org", "measure, do not guess"
TOKEN = "0123456789abcdef0123456789abcdef01234567"

# As many projects, and work in each of them, as fill a page; what differs is how much there is beyond a page.
SMALL = {"people": 20, "projects": 60, "annotations": 60_000}
LARGE = {"people": 20_000, "projects": 2_000, "annotations": 2_000_000}
BIG = {**LARGE, "people": 200_000}

FIRST = ["Anna", "Bob", "Chen", "Dana", "Emil", "Fay", "Goran", "Hui", "Ines", "Jonas", "Kim", "Lena", "Mei"]
LAST = ["Adler", "Berg", "Costa", "Diaz", "Evans", "Fischer", "Garcia", "Haddad", "Ito", "Jensen", "Kovac"]
CHINESE = ["王小明", "李娜", "张伟", "刘洋", "陈静", "杨光", "赵敏", "黄磊", "周杰", "吴倩", "徐强", "孙丽"]
CHUNK = 5000
WITH_PASSWORD = 60
EVENTS, LOGINS = 500, 30  # more than a page shows, whatever the size
EARLIER = datetime(2026, 5, 3, tzinfo=UTC)


def build(folder: Path, *, people: int, projects: int, annotations: int, database_url: str = "") -> Flask:
    """An installation in that folder; one that is there already is used as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    settings: dict[str, Any] = {"BASE_DATA_DIR": str(folder), "SECRET_KEY": SECRET_KEY}
    if database_url:
        settings["DATABASE_URL"] = database_url
    app = create_app(settings)
    ensure_current(app)
    with app.app_context():
        if db.session.scalar(text("SELECT count(*) FROM users")) == 0:
            _fill(people, projects, annotations)
        db.session.remove()
        db.engine.dispose()
    return app


def _fill(people: int, projects: int, annotations: int) -> None:
    candidate = signup.prepare(EMAIL, PASSWORD, token=TOKEN)
    with write():
        signup.create_account(candidate)
    rng = random.Random(20)
    with write():
        for rows in _chunks(_people(people - 1, rng)):
            db.session.execute(insert(User), rows)
        # Who signs in at once has one password, hashed once.
        hers = select(User.password_hash).where(User.id == 1).scalar_subquery()
        db.session.execute(update(User).where(User.id <= WITH_PASSWORD).values(password_hash=hers))
        db.session.execute(
            text("UPDATE organizations SET active_members = (SELECT count(*) FROM users WHERE status = 'active')")
        )
        reindex(db.session.connection())
    with write():
        rows = [
            {"title": f"Project {number}", "created_by_id": 1 + number % people} for number in range(1, projects + 1)
        ]
        db.session.execute(insert(Project), rows)
        _annotate(people, projects, annotations)
        db.session.execute(insert(Event), list(_events(people)))
        db.session.execute(insert(LoginSession), list(_logins()))
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _people(number: int, rng: random.Random) -> Iterator[dict[str, Any]]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for index in range(number):
        if index % 4 == 3:
            first, last = rng.choice(CHINESE), ""
            email = f"person{index}@example.cn"
        else:
            first, last = rng.choice(FIRST), rng.choice(LAST)
            email = f"{first.lower()}.{last.lower()}{index}@example.org"
        name = f"{first} {last}".strip()
        active = start + timedelta(minutes=rng.randrange(400_000))
        yield {
            "email": email,
            "email_key": email,
            "username": email.partition("@")[0],
            "first_name": first,
            "last_name": last,
            "name_key": name.casefold(),
            "search_text": f"{email}\n{name}".casefold(),
            "date_joined": start,
            "last_activity": active,
            "activity_key": active,
        }


def _events(people: int) -> Iterator[dict[str, Any]]:
    for number in range(EVENTS):
        who = 1 + number % people
        yield {"kind": "login", "at": EARLIER, "actor_id": who, "target_id": who, "address": "192.0.2.1", "detail": {}}


def _logins() -> Iterator[dict[str, Any]]:
    """Where the one who measures is signed in: more places than her page shows."""
    for number in range(LOGINS):
        yield {"user_id": 1, "digest": number.to_bytes(32), "address": "192.0.2.1", "agent": "a browser"}


def _chunks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _annotate(people: int, projects: int, annotations: int) -> None:
    """One task an annotation is made of ten; authors and projects are spread by a fixed rule."""
    if not annotations:
        return
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
    values = {"count": max(1, annotations // 10), "projects": projects, "people": people}
    run = db.session.execute
    run(
        text(
            "INSERT INTO tasks (project_id, data, created_at, updated_at, annotations_count) "
            f"{numbers} SELECT 1 + i % :projects, '{{\"text\": \"a task\"}}', '2026-05-01 00:00:00', "
            "'2026-05-01 00:00:00', 10 FROM n"
        ),
        values,
    )
    run(
        text(
            "INSERT INTO annotations (task_id, project_id, completed_by_id, result, was_cancelled, ground_truth, "
            "unique_id, created_at, updated_at) "
            f"{numbers} SELECT 1 + (i - 1) / 10, 1 + (1 + (i - 1) / 10) % :projects, 1 + (i * 7919) % :people, "
            "'[]', :no, :no, '', '2026-05-02 00:00:00', '2026-05-02 00:00:00' FROM n"
        ),
        {**values, "count": annotations, "no": False},
    )
    Contribution.rebuild()

"""Makes an installation with as many users, projects and annotations as asked for.

Rows are made by the database itself where possible, so that a million annotations take a minute. Names and
emails are made up from short lists; every fourth user has a Chinese name.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert, select, text, update

from app import create_app
from ls.accounts import sign_up
from ls.db.extensions import db
from ls.db.migrate import ensure_current
from ls.db.transaction import write
from ls.folding import name_key, search_text
from ls.models import Avatar, Event, LoginSession, OneTimeCode, Project, User
from ls.models.one_time_code import CONFIRM, SHOWN, SIGN_UP, UNDO
from ls.projects import counters

SECRET_KEY = "a fixed secret key, for measuring only, 32 bytes and more"
EMAIL, PASSWORD = "bench@example.org", "measure, do not guess"
TOKEN = "0123456789abcdef0123456789abcdef01234567"
AVATAR = "0123456789abcdef0123456789abcdef01234567.png"

# Projects, and work in each of them, fill a page at any size; what differs is how much there is beyond a page.
SMALL = {"people": 20, "projects": 60, "annotations": 60_000}
FULL = {**SMALL, "people": 60}  # a list of people fills a page as well
LARGE = {"people": 20_000, "projects": 600, "annotations": 600_000}
BIG = {**SMALL, "people": 200_000}

FIRST = ["Anna", "Bob", "Chen", "Dana", "Emil", "Fay", "Goran", "Hui", "Inés", "Jonas", "Kim", "Lena", "Mei"]
LAST = ["Adler", "Berg", "Costa", "Diaz", "Evans", "Fischer", "García", "Haddad", "Ito", "Jensen", "Kovač", "Müller"]
CHINESE = ["王小明", "李娜", "张伟", "刘洋", "陈静", "杨光", "赵敏", "黄磊", "周杰", "吴倩", "徐强", "孙丽"]
CHUNK = 5000
WITH_PASSWORD = 60
EVENTS, LOGINS = 500, 30  # more than a page shows, at any size
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
    account = sign_up.prepare(EMAIL, PASSWORD, token=TOKEN, first_name="Anna", last_name="Bench")
    with write():
        sign_up.create_account(account)
    with write():
        made = _people(people - 1, random.Random(20))
        while rows := list(islice(made, CHUNK)):
            db.session.execute(insert(User), rows)
        # Whoever logs in has one password, hashed once.
        hashed = select(User.password_hash).where(User.id == 1).scalar_subquery()
        db.session.execute(update(User).where(User.id <= WITH_PASSWORD).values(password_hash=hashed))
        members = "SELECT count(*) FROM users WHERE status = 'active'"
        db.session.execute(text(f"UPDATE organizations SET active_members = ({members})"))
    with write():
        titles = [{"title": f"Project {n}", "created_by_id": 1 + n % people} for n in range(1, projects + 1)]
        db.session.execute(insert(Project), titles)
        _annotate(people, projects, annotations)
        db.session.execute(insert(Event), list(_events(people)))
        db.session.execute(insert(LoginSession), list(_logins()))
        db.session.execute(insert(Avatar).values(user_id=2, name=AVATAR, media_type="image/png", data=b"x" * 20_000))
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _people(number: int, rng: random.Random) -> Iterator[dict[str, Any]]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for index in range(number):
        first, last = (rng.choice(CHINESE), "") if index % 4 == 3 else (rng.choice(FIRST), rng.choice(LAST))
        email = f"{first.lower()}.{last.lower()}{index}@example.org" if last else f"person{index}@example.cn"
        active = start + timedelta(minutes=rng.randrange(400_000))
        yield {
            "email": email,
            "email_key": email,
            "username": email.partition("@")[0],
            "first_name": first,
            "last_name": last,
            "name_key": name_key(email, first, last),
            "search_text": search_text(email, first, last),
            "date_joined": start,
            "last_activity": active,
            "activity_key": active,
        }


def _events(people: int) -> Iterator[dict[str, Any]]:
    for number in range(EVENTS):
        who = 1 + number % people
        yield {"kind": "login", "at": EARLIER, "actor_id": who, "target_id": who, "address": "192.0.2.1", "detail": {}}


def _logins() -> Iterator[dict[str, Any]]:
    """Sessions of the measuring user: more than the page shows."""
    for number in range(LOGINS):
        yield {"user_id": 1, "digest": number.to_bytes(32), "address": "192.0.2.1", "agent": "a browser"}


def _annotate(people: int, projects: int, annotations: int) -> None:
    """Ten annotations a task; authors and projects are spread by a fixed rule."""
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
    values = {"count": annotations // 10, "projects": projects, "people": people}
    db.session.execute(
        text(
            "INSERT INTO tasks (project_id, data, created_at, updated_at, annotations_count) "
            f"{numbers} SELECT 1 + i % :projects, '{{\"text\": \"a task\"}}', '2026-05-01 00:00:00', "
            "'2026-05-01 00:00:00', 10 FROM n"
        ),
        values,
    )
    db.session.execute(
        text(
            "INSERT INTO annotations (task_id, project_id, completed_by_id, result, was_cancelled, ground_truth, "
            "unique_id, created_at, updated_at) "
            f"{numbers} SELECT 1 + (i - 1) / 10, 1 + (1 + (i - 1) / 10) % :projects, 1 + (i * 7919) % :people, "
            "'[]', :no, :no, '', '2026-05-02 00:00:00', '2026-05-02 00:00:00' FROM n"
        ),
        {**values, "count": annotations, "no": False},
    )
    counters.rebuild()


def one_time_codes(app: Flask) -> dict[str, str]:
    """The code of a link for each purpose."""
    with app.app_context(), write():
        user = db.session.get_one(User, 2)
        return {
            purpose: OneTimeCode.issue(user, purpose, "new@example.net") for purpose in (SHOWN, CONFIRM, UNDO, SIGN_UP)
        }

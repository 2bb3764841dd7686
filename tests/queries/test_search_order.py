"""A search answers in the list's order because its index is numbered in that order, whatever happens to people."""

import random
from collections.abc import Callable, Iterable
from itertools import pairwise, product
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from ls.db import migrate as database
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import User, search_index
from ls.models.ranks import RANKS, SPACE
from ls.models.user import ACTIVE, DEACTIVATED, DELETED, NOT_DELETED
from ls.queries.people import INDEXED, SORTS, STATUSES, PeopleFilter, listing
from tests.pages.test_people_list import walk
from tests.statements import statements

QUERIES = ("a", "ab", "aba", "baab", "example.org", "é", "abba@e", "nobody")


def anybody(rng: random.Random) -> dict[str, Any]:
    """Somebody much like everybody else."""
    email = "".join(rng.choices("ab", k=rng.randint(1, 9))) + "@example.org"
    return {"email": email, "email_key": email, "first_name": "".join(rng.choices("abé", k=rng.randint(0, 2)))}


def is_taken(fields: dict[str, Any]) -> bool:
    return User.by_email(fields["email_key"]) is not None


def join(rng: random.Random) -> None:
    if not is_taken(fields := anybody(rng)):
        db.session.add(User(**fields, status=rng.choice(NOT_DELETED)))


def chosen(rng: random.Random) -> User | None:
    people = db.session.scalars(select(User).where(User.status != DELETED).order_by(User.id)).all()
    return rng.choice(people) if people else None


def change(rng: random.Random) -> None:
    if (user := chosen(rng)) and not is_taken(fields := anybody(rng)):
        for name in rng.sample(sorted(fields), rng.randint(1, 3)):
            setattr(user, name, fields[name])
            if name.startswith("email"):
                user.email = user.email_key = fields["email"]
        if rng.random() < 0.5:  # as it is when nobody has read it
            db.session.expire(user, ["search_text"])


def turn(rng: random.Random) -> None:
    if user := chosen(rng):
        db.session.expire(user)
        user.status = rng.choice(NOT_DELETED)


def widen(rng: random.Random) -> None:
    """The same letters for who searches, others for who sorts."""
    if user := chosen(rng):
        user.first_name = "ａ" if user.first_name == "a" else "a"


def leave(rng: random.Random) -> None:
    if user := chosen(rng):
        bury(user)


def bury(user: User) -> None:
    """A tombstone is all that stays."""
    user.status, user.email_key = DELETED, None
    user.email = user.first_name = ""


DEEDS: tuple[Callable[[random.Random], None], ...] = (join, join, join, change, change, turn, widen, leave)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_to_people_a_search_finds_them_in_order(app: Flask, seed: int) -> None:
    rng = random.Random(seed)
    with app.app_context():
        for _ in range(25):
            live_through(rng)
            agrees(rng)
        assert db.session.query(User).count() > 20
        seen = {status: db.session.query(User).filter_by(status=status).count() for status in (*NOT_DELETED, DELETED)}
        assert all(seen.values()), seen
    with app.app_context():
        with write() as session:
            search_index.reindex(session.connection())
        agrees(rng)


def live_through(rng: random.Random) -> None:
    """A transaction of several deeds, some flushed together; every third one is undone."""
    is_undone = rng.random() < 0.3
    try:
        with write() as session:
            for _ in range(rng.randint(1, 6)):
                with session.no_autoflush:
                    for _ in range(rng.randint(1, 3)):
                        rng.choice(DEEDS)(rng)
                        if rng.random() < 0.5:
                            break
                session.flush()
            if is_undone:
                raise ZeroDivisionError
    except ZeroDivisionError:
        assert is_undone


def agrees(rng: random.Random, asked: int = 2) -> None:
    """Lists, numbers and index say what the people themselves say, to so many queries for each list."""
    db.session.rollback()
    everybody = db.session.scalars(select(User)).all()
    for sort, status, q in product(SORTS, STATUSES, rng.sample(QUERIES, asked)):
        column = SORTS[sort].key
        found = [user for user in everybody if user.status in STATUSES[status] and q in user.search_text]
        ids = [number for _, number in sorted((getattr(user, column), user.id) for user in found)]
        assert walk(PeopleFilter(sort, status, q), 3) == ids
        assert walk(PeopleFilter(f"-{sort}", status, q), 4) == ids[::-1]
    if db.engine.dialect.name == "sqlite":
        for sort, status in product(INDEXED, NOT_DELETED):
            of_status = sorted(numbers(sort)[user.id] for user in everybody if user.status == status)
            assert indexed(sort, status) == of_status
        assert_in_order(everybody)


def numbers(sort: str) -> dict[int, int]:
    """Everybody's number in that order."""
    return {row.user_id: row[1] for row in db.session.execute(select(RANKS.c.user_id, INDEXED[sort].ranks))}


def assert_in_order(everybody: Iterable[User]) -> None:
    """Everybody alive has a number, each of her own, and they follow the order."""
    for sort in INDEXED:
        found, key = numbers(sort), SORTS[sort].key
        living = sorted((getattr(user, key), user.id) for user in everybody if user.status in NOT_DELETED)
        assert set(found) == {number for _, number in living}
        ranks = [0, *(found[number] for _, number in living), SPACE]
        assert all(one < other for one, other in pairwise(ranks)), sort


def indexed(sort: str, word: str) -> list[int]:
    """The numbers that the index has a word for."""
    order = INDEXED[sort]
    return sorted(db.session.scalars(select(order.found.c.rowid).where(order.finds), {"grams": word}))


@pytest.mark.parametrize("status", ["active", "all"])
@pytest.mark.parametrize("sort", INDEXED)
def test_no_one_is_left_out_beside_somebody_who_left_meanwhile(app: Flask, sort: str, status: str) -> None:
    with app.app_context():
        with write() as session:
            emails = [f"{letter}@example.org" for letter in "abcdefg"]
            people = [User(email=email, email_key=email, first_name=email[0]) for email in emails]
            session.add_all(people)
            session.flush()
            ids = [person.id for person in people]
        wanted = PeopleFilter(sort, status, "example")
        first = listing(wanted, limit=3)
        second = listing(wanted, after=first.after, limit=3)
        with write() as session:
            for user_id in (ids[2], ids[3]):  # the last of one page, the first of the other
                bury(session.get_one(User, user_id))
        db.session.rollback()
        assert [person.id for person in listing(wanted, after=first.after, limit=3).people] == ids[4:]
        assert [person.id for person in listing(wanted, before=second.before, limit=2).people] == ids[:2]


NEWCOMERS = 400
SERIES: dict[str, list[int]] = {
    "in order": list(range(NEWCOMERS)),
    "from behind": list(range(NEWCOMERS))[::-1],
    "by chance": random.Random(1).sample(range(NEWCOMERS), NEWCOMERS),
    "into the middle": [n // 2 if n % 2 else NEWCOMERS - n // 2 - 1 for n in range(NEWCOMERS)],
    "in five places": [n % 5 * 100 + n // 5 for n in range(NEWCOMERS)],
}
NARROW = {"into the middle", "in five places"}  # where somebody has to make room


@pytest.mark.sqlite
@pytest.mark.parametrize("series", SERIES)
def test_whoever_comes_finds_room_and_few_have_to_move(app: Flask, series: str) -> None:
    moved = 0
    with app.app_context():
        for place in SERIES[series]:
            with statements(app) as seen, write() as session:
                email = f"p{place:04}@example.org"
                session.add(User(email=email, email_key=email, first_name=f"{place:04}"))
            moved += sum(len(one.values) for one in seen if one.sql.startswith("UPDATE") and "user_id = ?" in one.sql)
        db.session.rollback()
        everybody = db.session.scalars(select(User)).all()
        assert_in_order(everybody)
        for sort in INDEXED:
            assert indexed(sort, ACTIVE) == sorted(numbers(sort).values())
            assert walk(PeopleFilter(sort, q="example"), 50) == [user.id for user in sorted(everybody, key=lambda u: u.email)]
    assert moved <= 16 * len(INDEXED) * NEWCOMERS
    assert (moved > 0) == (series in NARROW)


@pytest.fixture
def older(app: Flask) -> Flask:
    """An installation of the first schema, with people."""
    rng = random.Random(7)
    with app.app_context():
        for _ in range(8):
            live_through(rng)
        db.session.rollback()
        with db.engine.connect().execution_options(write=True) as connection:
            database.migrate(connection, "0001")
    return app


def test_people_of_the_first_schema_are_found_in_order(older: Flask) -> None:
    database.ensure_current(older)
    with older.app_context():
        assert db.session.query(User).filter_by(status=DEACTIVATED).count()
        agrees(random.Random(1), len(QUERIES))
        live_through(random.Random(2))
        agrees(random.Random(1))


@pytest.mark.sqlite
def test_on_the_way_back_the_first_schema_has_its_own_index(older: Flask) -> None:
    with older.app_context():
        found = db.session.scalars(text("SELECT rowid FROM people_search WHERE people_search MATCH '\"61x62\"'"))
        wanted = select(User.id).where(User.search_text.contains("ab"), User.status != DELETED)
        assert sorted(found) == sorted(db.session.scalars(wanted))
        assert db.session.scalars(wanted).first()

"""Finding people by any part of e-mail or name, of any length, by one rule on both engines.

The index holds every run of one, two and three characters of a person's text. A query of up to three
characters is one such run; a longer one is as many runs of three as cover it, verified on the text itself.
A trigram index alone could not find the two characters that many Chinese names have. SQLite keeps the runs
in FTS5, PostgreSQL in a GIN-indexed array; both in the transaction that changes the person.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    TextClause,
    bindparam,
    column,
    event,
    func,
    inspect,
    literal,
    select,
    text,
)
from sqlalchemy.orm import Mapper

from ls.extensions import db
from ls.models.folding import folded
from ls.models.user import DELETED, User

LONGEST_RUN = 3
QUERY_LENGTH = 1000  # names are up to 513 letters, a few of which are longer folded
MOST_RUNS = 100  # who has all of these is read letter by letter anyway
CHUNK = 5000

# Few matches are fetched from the index and sorted; with more, the sorted list itself is read, because then a page
# fills after a few rows. Of N people with M matches one way reads M rows and the other 50 N / M; measured, a row of
# the second costs half as much, so they meet where M is the root of 100 N.
FEW_OF_ALL = 100
FEW = 4500  # more is not counted: the root for 200,000 people

NEEDLE: BindParameter[str] = bindparam("needle", type_=Text)
_CONDITION = {"sqlite": "people_search MATCH :grams", "postgresql": "grams @> CAST(:grams AS text[])"}


def grams(searched: str) -> set[str]:
    """Every run of one to three characters within a line, spelled so that any tokenizer keeps it whole."""
    found: set[str] = set()
    for line in searched.split("\n"):
        for length in range(1, LONGEST_RUN + 1):
            found.update(line[start : start + length] for start in range(len(line) - length + 1))
    return {_spelled(run) for run in found}


def _spelled(run: str) -> str:
    return "x".join(f"{ord(letter):x}" for letter in run)


def normalised(query: str) -> str:
    """The query as it is compared: folded, one line, no longer than what it is looked for in."""
    return folded(query[:QUERY_LENGTH].encode("utf-8", "replace").decode().replace("\0", "?"))[:QUERY_LENGTH]


def _asked(query: str) -> list[str]:
    if len(query) <= LONGEST_RUN:
        return [_spelled(query)]
    last = len(query) - LONGEST_RUN
    runs = {query[start : start + LONGEST_RUN] for start in (*range(0, last, LONGEST_RUN), last)}
    return sorted(_spelled(run) for run in runs)[:MOST_RUNS]


def indexed(dialect: str) -> Select[Any]:
    """The ids that the index has for a query, whose `values` it is run with; longer ones still need `holds`."""
    return _indexed(dialect, text(_CONDITION[dialect]))


def _indexed(dialect: str, condition: TextClause) -> Select[Any]:
    key = "rowid" if dialect == "sqlite" else "user_id"
    return select(column(key, Integer).label("id")).select_from(text("people_search")).where(condition)


def holds(dialect: str, needle: BindParameter[str] = NEEDLE) -> ColumnElement[bool]:
    """Does the person's text hold the query, whose `values` this is run with, letter by letter?"""
    position = func.instr if dialect == "sqlite" else func.strpos
    return position(User.__table__.c.search_text, needle) > 0


def values(query: str, *, with_index: bool = True) -> dict[str, Any]:
    """What `indexed` and `holds` are run with for a normalised query."""
    if not with_index:
        return {"needle": query}
    asked = _asked(query)
    is_sqlite = db.engine.dialect.name == "sqlite"
    return {"needle": query, "grams": " ".join(f'"{gram}"' for gram in asked) if is_sqlite else asked}


def are_few(query: str) -> bool:
    """Are the matches of a normalised query so few that sorting them is quicker than reading the sorted list?"""
    counting = _count(db.engine.dialect.name)
    found, people = db.session.connection().execute(counting, {**values(query), "most": FEW + 1}).one()
    return bool(found <= FEW and found**2 <= FEW_OF_ALL * (people or 0))


@lru_cache(maxsize=2)
def _count(dialect: str) -> Select[Any]:
    found = select(func.count()).select_from(indexed(dialect).limit(bindparam("most")).subquery())
    return select(found.scalar_subquery(), select(func.max(User.id)).scalar_subquery())


def matching(query: str) -> ColumnElement[bool]:
    """The condition that a person is found by this query, whatever she typed."""
    wanted, dialect = normalised(query), db.engine.dialect.name
    found = holds(dialect, literal(wanted))
    if not are_few(wanted):
        return found
    grams = values(wanted)["grams"]
    return User.id.in_(_indexed(dialect, text(_CONDITION[dialect]).bindparams(grams=grams))) & found


@event.listens_for(User, "after_insert")
def add(_mapper: Mapper[User], connection: Connection, user: User) -> None:
    """Index a new person."""
    _put(connection, user.id, user.search_text)


@event.listens_for(User, "after_update")
def change(_mapper: Mapper[User], connection: Connection, user: User) -> None:
    """Index anew what changed; a tombstone is taken out."""
    history = inspect(user).attrs.search_text.history
    if history.has_changes() and history.deleted:
        _take(connection, user.id, history.deleted[0] or "")
        if user.status != DELETED:
            _put(connection, user.id, user.search_text)


def _put(connection: Connection, user_id: int, searched: str) -> None:
    found = sorted(grams(searched))
    if connection.dialect.name == "sqlite":
        statement, value = "INSERT INTO people_search (rowid, grams) VALUES (:id, :grams)", " ".join(found)
        connection.execute(text(statement), {"id": user_id, "grams": value})
    else:
        statement = "INSERT INTO people_search (user_id, grams) VALUES (:id, CAST(:grams AS text[]))"
        connection.execute(text(statement), {"id": user_id, "grams": found})


def _take(connection: Connection, user_id: int, searched: str) -> None:
    if connection.dialect.name == "sqlite":
        # The index keeps no text of its own, so it has to be told what to forget.
        connection.execute(
            text("INSERT INTO people_search (people_search, rowid, grams) VALUES ('delete', :id, :grams)"),
            {"id": user_id, "grams": " ".join(sorted(grams(searched)))},
        )
    else:
        connection.execute(text("DELETE FROM people_search WHERE user_id = :id"), {"id": user_id})


def reindex(connection: Connection) -> None:
    """Make the whole index anew from the people there are."""
    is_sqlite = connection.dialect.name == "sqlite"
    connection.execute(
        text(
            "INSERT INTO people_search (people_search) VALUES ('delete-all')"
            if is_sqlite
            else "DELETE FROM people_search"
        )
    )
    statement = (
        "INSERT INTO people_search (rowid, grams) VALUES (:id, :grams)"
        if is_sqlite
        else "INSERT INTO people_search (user_id, grams) VALUES (:id, CAST(:grams AS text[]))"
    )
    for rows in _living(connection):
        values = [
            {"id": user_id, "grams": " ".join(sorted(grams(searched))) if is_sqlite else sorted(grams(searched))}
            for user_id, searched in rows
        ]
        connection.execute(text(statement), values)


def _living(connection: Connection) -> Iterator[Iterable[Any]]:
    last = 0
    columns = select(User.id, User.search_text).where(User.status != DELETED).order_by(User.id).limit(CHUNK)
    while rows := connection.execute(columns.where(User.id > last)).all():
        yield rows
        last = rows[-1].id

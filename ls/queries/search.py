"""Finding people by any part of e-mail or name, of any length, by one rule on both engines.

The index holds every run of one, two and three characters of a person's text. A query of up to three
characters is one such run; a longer one is all its runs of three, verified on the text itself.
A trigram index alone could not find the two characters that many Chinese names have. SQLite keeps the runs
in FTS5, PostgreSQL in a GIN-indexed array; both in the transaction that changes the person.
"""

from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, Text, bindparam, column, func, literal, select, table, text

from ls.db.extensions import db
from ls.folding import folded
from ls.models.grams import asked
from ls.models.ordered_index import question
from ls.models.ranks import BY_EMAIL, RANKS
from ls.models.user import User

QUERY_LENGTH = 1000  # names are up to 513 letters, a few of which are longer folded

# Where the index does not answer in the list's order, few matches are fetched from it and sorted; with more, the
# sorted list itself is read, because then a page fills after a few rows. Of N people with M matches one way reads M
# rows and the other 50 N / M, at about the same cost each, so they meet where M is the root of 50 N.
FEW_OF_ALL = 50
FEW = 3200  # more is not counted: the root for 200,000 people

NEEDLE: BindParameter[str] = bindparam("needle", type_=Text)
_GIN, _ARRAYS = text("grams @> CAST(:grams AS text[])"), table("people_search", column("user_id"))


def normalised(query: str) -> str:
    """The query as it is compared: folded, one line, no longer than what it is looked for in."""
    return folded(query[:QUERY_LENGTH].encode("utf-8", "replace").decode().replace("\0", "?"))[:QUERY_LENGTH]


def indexed(dialect: str, **given: Any) -> Select[Any]:
    """The ids that the index has for a query, whose `values` are given or it is run with; they still need `holds`."""
    if dialect == "sqlite":
        found = select(RANKS.c.user_id.label("id")).join_from(BY_EMAIL.found, RANKS, BY_EMAIL.at)
        return found.where(BY_EMAIL.finds.bindparams(**given))
    return select(_ARRAYS.c.user_id.label("id")).where(_GIN.bindparams(**given))


def holds(dialect: str, needle: BindParameter[str] = NEEDLE) -> ColumnElement[bool]:
    """Does the person's text hold the query, whose `values` this is run with, letter by letter?"""
    position = func.instr if dialect == "sqlite" else func.strpos
    return position(User.__table__.c.search_text, needle) > 0


def values(query: str, *, status: str = "", with_index: bool = True) -> dict[str, Any]:
    """What `indexed` and `holds` are run with for a normalised query; of one standing only where SQLite answers."""
    if not with_index:
        return {"needle": query}
    is_sqlite = db.engine.dialect.name == "sqlite"
    return {"needle": query, "grams": question(query, status=status) if is_sqlite else asked(query)}


def are_few(query: str) -> bool:
    """Are the matches of a normalised query so few that sorting them is quicker than reading the sorted list?"""
    counting = _count(db.engine.dialect.name)
    found, people = db.session.connection().execute(counting, {**values(query), "most": FEW + 1}).one()
    return bool(found <= FEW and found**2 <= FEW_OF_ALL * (people or 0))


@lru_cache(maxsize=2)
def _count(dialect: str) -> Select[Any]:
    rows = select(BY_EMAIL.found.c.rowid).where(BY_EMAIL.finds) if dialect == "sqlite" else indexed(dialect)
    found = select(func.count()).select_from(rows.limit(bindparam("most")).subquery())
    return select(found.scalar_subquery(), select(func.max(User.id)).scalar_subquery())


def matching(query: str) -> ColumnElement[bool]:
    """The condition that a person is found by this query, whatever she typed."""
    wanted, dialect = normalised(query), db.engine.dialect.name
    found = holds(dialect, literal(wanted))
    if not are_few(wanted):
        return found
    return User.id.in_(indexed(dialect, grams=values(wanted)["grams"])) & found

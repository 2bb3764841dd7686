"""The search index of SQLite: FTS5, once for each order of People that does not change by itself.

A row's number in it is the person's rank in that order, so a search is read from the page's beginning until the
page is full, whoever else would be found. The index keeps no text of its own, so it has to be told what to forget.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select, update

from ls.models.grams import asked, grams
from ls.models.ranks import ORDERS, RANKS, SPACE, Order, gap_at, number_in, spread, stretch_around
from ls.models.user import NOT_DELETED, User

CHUNK = 5000

_USERS = User.__table__.c


def words(searched: str, status: str) -> str:
    """What the index has of somebody.

    Every run of letters, spelled in hexadecimal digits and `x`, and the standing, which therefore is none.
    """
    return " ".join((*sorted(grams(searched)), status))


def question(query: str, *, status: str = "") -> str:
    """What `MATCH` is asked for a normalised query, among everybody or those of one standing."""
    return " ".join(f'"{word}"' for word in (*asked(query), *filter(None, [status])))


def put(connection: Connection, user: User) -> None:
    """Index somebody who is not indexed."""
    hers, numbers = words(user.search_text, user.status), {}
    for order in ORDERS:
        numbers[order.rank] = number = _number_for(connection, order, user)
        _write(connection, order, [(number, hers)])
    connection.execute(insert(RANKS), {"user_id": user.id, **numbers})


def take(connection: Connection, user_id: int, hers: str) -> None:
    """Forget somebody, who was indexed by these words."""
    numbers = connection.execute(select(RANKS).where(RANKS.c.user_id == user_id)).mappings().first()
    if numbers is None:
        return
    for order in ORDERS:
        _forget(connection, order, [(numbers[order.rank], hers)])
    connection.execute(delete(RANKS).where(RANKS.c.user_id == user_id))


def _number_for(connection: Connection, order: Order, user: User) -> int:
    key = getattr(user, order.key)
    while (number := number_in(gap := gap_at(connection, order, key, user.id))) is None:
        _make_room(connection, order, gap.below)
    return number


def _make_room(connection: Connection, order: Order, place: int) -> None:
    gap = stretch_around(connection, order, place)
    within = (order.ranks > gap.below, order.ranks < gap.above)
    rows = connection.execute(_numbered(order).where(*within)).all()
    numbers, theirs = spread(gap, len(rows)), [words(row.search_text, row.status) for row in rows]
    _forget(connection, order, zip([row.number for row in rows], theirs, strict=True))
    # By way of numbers that nobody has, because two must never have the same one.
    connection.execute(update(RANKS).where(*within).values({order.rank: -order.ranks}))
    moves = [{"mover": row.user_id, "number": number} for row, number in zip(rows, numbers, strict=True)]
    anew = update(RANKS).where(RANKS.c.user_id == bindparam("mover")).values({order.rank: bindparam("number")})
    connection.execute(anew, moves)
    _write(connection, order, zip(numbers, theirs, strict=True))


def _numbered(order: Order) -> Select[Any]:
    """Everybody who has a number, in its order, with what she is indexed by."""
    return (
        select(RANKS.c.user_id, order.ranks.label("number"), _USERS.search_text, _USERS.status)
        .join_from(RANKS, User.__table__, _USERS.id == RANKS.c.user_id)
        .order_by(order.ranks)
    )


def _write(connection: Connection, order: Order, entries: Iterable[tuple[int, str]]) -> None:
    rows = [{"rowid": number, "grams": theirs} for number, theirs in entries]
    connection.execute(insert(order.found), rows)


def _forget(connection: Connection, order: Order, entries: Iterable[tuple[int, str]]) -> None:
    # FTS5 takes commands in a column that is named after the table: https://www.sqlite.org/fts5.html#the_delete_command
    rows = [{order.index: "delete", "rowid": number, "grams": theirs} for number, theirs in entries]
    connection.execute(insert(order.found), rows)


def rebuild(connection: Connection) -> None:
    """Make the whole index anew from the people there are, evenly numbered."""
    connection.execute(delete(RANKS))
    living = _USERS.status.in_(NOT_DELETED)
    people = connection.execute(select(func.count()).select_from(User.__table__).where(living)).scalar_one()
    # Half of all numbers is kept for those who come before everybody or after.
    start, step = SPACE // 4, SPACE // 2 // (people + 1)
    places = {order.rank: func.row_number().over(order_by=(_USERS[order.key], _USERS.id)) for order in ORDERS}
    numbers = [(start + step * place).label(rank) for rank, place in places.items()]
    everybody: Any = select(_USERS.id, *numbers).where(living)
    connection.execute(insert(RANKS).from_select(["user_id", *places], everybody))
    for order in ORDERS:
        connection.execute(insert(order.found), {order.index: "delete-all"})
        for rows in connection.execute(_numbered(order)).partitions(CHUNK):
            _write(connection, order, ((row.number, words(row.search_text, row.status)) for row in rows))
        # In one piece: a search through the ten that it is written in takes three times as long.
        connection.execute(insert(order.found), {order.index: "optimize"})

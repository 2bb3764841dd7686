"""Numbers in the order of a sorted list, so that an index by number is read in the list's own order.

Each person has a number for the order by e-mail and one for the order by name, with room between neighbours for
whoever comes next. Where there is none left, a stretch around the place is numbered anew: the smallest whose
numbers lie far enough apart, and farther the longer it is, so that the work for each newcomer stays small
whatever order people come in (Bender et al., "Two Simplified Algorithms for Maintaining Order in a List", 2002).

SQLite only: its full-text index answers in the order of its row numbers, which are these.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Integer, bindparam, column, func, select, table, text, tuple_

from ls.models.user import NOT_DELETED, User

SPACE = 1 << 62  # all numbers are between 0 and this
STEP = 1 << 40  # at most so far from her neighbour a newcomer stands, so that who comes after her finds room too
NARROWEST = 8  # people on either side of the place
ROOM = 1 << 12  # how far numbers of a stretch are to lie apart, times the people on either side

RANKS = table(
    "people_search_ranks", column("user_id", Integer), column("by_email", BigInteger), column("by_name", BigInteger)
)
_NEIGHBOURS = User.__table__.alias("neighbours")
_THEIRS = RANKS.alias("theirs")


class Gap(NamedTuple):
    """The numbers between two, which are taken themselves unless they are 0 or SPACE."""

    below: int
    above: int


EVERYTHING = Gap(0, SPACE)


@dataclass(frozen=True)
class Order:
    """A sorted list: the column of `users` that it is sorted by, before the id, and where its numbers stand."""

    key: str
    rank: str
    index: str

    @cached_property
    def ranks(self) -> Any:
        """The numbers' column."""
        return RANKS.c[self.rank]

    @cached_property
    def found(self) -> Any:
        """The full-text index, whose `rowid` is the number."""
        return table(self.index, column(self.index), column("rowid", BigInteger), column("grams"))

    @cached_property
    def at(self) -> Any:
        """Where index and numbers meet."""
        return self.ranks == self.found.c.rowid

    @cached_property
    def finds(self) -> Any:
        """Does the index find what the statement is run with as `grams`?"""
        return text(f"{self.index} MATCH :grams")

    def nearest(self, statuses: Sequence[str], *, above: bool) -> Any:
        """The number of whoever of these standings is at `key` and `id`, else next to there: below, or above.

        The statement that holds it is run with both. Nobody is 0 below, and SPACE above.
        """
        numbers = [self._nearest(status, above=above) for status in statuses]
        if len(numbers) == 1:
            return numbers[0]
        return (func.min if above else func.max)(*numbers)

    def _nearest(self, status: str, *, above: bool) -> Any:
        here = (_NEIGHBOURS.c[self.key], _NEIGHBOURS.c.id)
        there = tuple_(bindparam("key", type_=here[0].type), bindparam("id", type_=Integer))
        number = (
            select(_THEIRS.c[self.rank])
            .join_from(_NEIGHBOURS, _THEIRS, _THEIRS.c.user_id == _NEIGHBOURS.c.id)
            .where(_NEIGHBOURS.c.status == status, tuple_(*here) >= there if above else tuple_(*here) <= there)
            .order_by(*(here if above else (part.desc() for part in here)))
            .limit(1)
        )
        return func.coalesce(number.scalar_subquery(), SPACE if above else 0)


BY_EMAIL = Order(key="email_key", rank="by_email", index="people_search")
BY_NAME = Order(key="name_key", rank="by_name", index="people_search_by_name")
ORDERS = (BY_EMAIL, BY_NAME)


def gap_at(connection: Connection, order: Order, key: str, user_id: int) -> Gap:
    """Where somebody who has no number yet belongs."""
    here = {"key": key, "id": user_id}
    below: int = connection.execute(select(order.nearest(NOT_DELETED, above=False)), here).scalar_one()
    following = select(func.coalesce(func.min(order.ranks), SPACE)).where(order.ranks > below)
    return Gap(below, connection.execute(following).scalar_one())


def number_in(gap: Gap) -> int | None:
    """A number for a newcomer, None if there is no room."""
    room = (gap.above - gap.below) // 2
    if not room or gap == EVERYTHING:
        return room or None
    # Those who come in order, or in the opposite one, each leave the room to the next.
    return gap.below + min(room, STEP) if gap.below else gap.above - min(room, STEP)


def stretch_around(connection: Connection, order: Order, place: int) -> Gap:
    """The numbers around the place that are to be spread evenly, to make room there."""
    number, width = order.ranks, NARROWEST
    while True:
        below = connection.scalars(select(number).where(number <= place).order_by(number.desc()).limit(width + 1)).all()
        above = connection.scalars(select(number).where(number > place).order_by(number).limit(width + 1)).all()
        # The outermost two stay where they are; where there are none, the numbers end.
        gap = Gap(below[width] if len(below) > width else 0, above[width] if len(above) > width else SPACE)
        people = min(len(below), width) + min(len(above), width)
        if gap == EVERYTHING or (gap.above - gap.below) // (people + 1) >= ROOM * width:
            return gap
        width *= 2


def spread(gap: Gap, people: int) -> list[int]:
    """So many numbers, evenly within the gap."""
    return [gap.below + (gap.above - gap.below) * place // (people + 1) for place in range(1, people + 1)]

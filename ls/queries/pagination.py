"""Keyset pagination: a page is read from beside a given row, so that the last page costs what the first does."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, literal, tuple_

from ls.db.extensions import db
from ls.db.types import UtcDateTime
from ls.validation import BIGGEST_ID, text_problem

PAGE_SIZE = 50
CURSOR_LENGTH = 4096

Row = TypeVar("Row")
Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, and the cursors of the pages before (`?before=`) and after (`?after=`), if any."""

    rows: list[Row]
    previous: str | None = None
    next: str | None = None


def paginate(
    statement: Select[Any],
    order: Sequence[Any],
    make: Callable[..., Row],
    *,
    descending: bool = False,
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE_SIZE,
    offset: int = 0,
) -> Page[Row]:
    """The page behind or before a cursor; the first one without a cursor, with a broken one, and past either end.

    The first begins after `offset` rows. `order`: the columns sorted by, the id last. `make` takes a row's columns.
    """
    if (start := _decode(before, order)) is not None:
        found = _fetch(statement, order, start, size + 1, descending=not descending)
        if len(found) >= size:
            return _page(found[:size][::-1], order, make, has_previous=len(found) > size, has_next=True)
    elif (start := _decode(after, order)) is not None:
        found = _fetch(statement, order, start, size + 1, descending=descending)
        if found:
            return _page(found[:size], order, make, has_previous=True, has_next=len(found) > size)
    found = _fetch(statement.offset(offset or None), order, None, size + 1, descending=descending)
    return _page(found[:size], order, make, has_previous=offset > 0, has_next=len(found) > size)


def last_page(
    statement: Select[Any], order: Sequence[Any], make: Callable[..., Row], *, descending: bool = False, size: int
) -> Page[Row]:
    """The last rows of the list."""
    found = _fetch(statement, order, None, size + 1, descending=not descending)
    return _page(found[:size][::-1], order, make, has_previous=len(found) > size, has_next=False)


def count_before(counting: Select[Any], order: Sequence[Any], cursor: str, *, descending: bool = False) -> int:
    """How many rows of the list stand before the one of this cursor, which `paginate` made; `counting` counts all."""
    start = _decode(cursor, order) or ()
    before = counting.where(_behind(order, start, descending=not descending))
    return db.session.scalar(before) or 0


def _fetch(
    statement: Select[Any], order: Sequence[Any], start: Values | None, limit: int, *, descending: bool
) -> Sequence[Any]:
    if start is not None:
        statement = statement.where(_behind(order, start, descending=descending))
    directed = [column.desc() if descending else column.asc() for column in order]
    return db.session.execute(statement.add_columns(*order).order_by(*directed).limit(limit)).all()


def _behind(order: Sequence[Any], start: Values, *, descending: bool) -> ColumnElement[bool]:
    here = tuple_(*order)
    there = tuple_(*(literal(value, column.type) for value, column in zip(start, order, strict=True)))
    return here < there if descending else here > there


def _page(
    found: Sequence[Any], order: Sequence[Any], make: Callable[..., Row], *, has_previous: bool, has_next: bool
) -> Page[Row]:
    keys = len(order)
    return Page(
        [make(*row[:-keys]) for row in found],
        previous=encode(found[0][-keys:]) if has_previous else None,
        next=encode(found[-1][-keys:]) if has_next else None,
    )


def encode(values: Values) -> str:
    """The cursor of the row with these values.

    An id alone stands in the URL as it is; with a sort key before it, both are put into one word.
    """
    if len(values) == 1:
        return str(values[0])
    plain = [value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value for value in values]
    raw = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str | None, order: Sequence[Any]) -> Values | None:
    if text is None:
        return None
    try:
        values = [int(text)] if len(order) == 1 else json.loads(urlsafe_b64decode(text[:CURSOR_LENGTH] + "=="))
        return tuple(_value(value, column.type) for value, column in zip(values, order, strict=True))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def _value(value: Any, column_type: Any) -> Any:
    """The value as its column compares it. Raises ValueError, TypeError, OverflowError."""
    if isinstance(column_type, UtcDateTime):
        return datetime.fromisoformat(value).astimezone(UTC)
    if type(value) is not column_type.python_type or (isinstance(value, str) and text_problem(value)):
        raise ValueError("not a value of this column")
    if isinstance(value, int) and not 0 <= value <= BIGGEST_ID:
        raise ValueError("not an id")
    return value

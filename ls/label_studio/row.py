"""The values of one row of Label Studio as they are stored here; the report says what had to be changed."""

import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any, TypeVar

from ls.label_studio.report import Report
from ls.validation import BIGGEST_ID, DEEPEST, is_line, is_text, json_problem

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
TRUE = frozenset({1, "1", "true", "t"})
MOST_SECONDS = 1e15
Default = TypeVar("Default", bound=datetime | None)

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Row:
    """A row, which knows its name in the report. SQLite may hold anything in any column."""

    def __init__(self, name: str, values: Mapping[str, Any], report: Report) -> None:
        self.name, self._values, self._report = f"{name} {values['id']}", values, report

    def change(self, why: str) -> None:
        """Note in the report that something of this row was changed."""
        self._report.change(self.name, why)

    def raw(self, column: str) -> str:
        """The text as it stands there; empty for None."""
        value = self._values[column]
        return "" if value is None else str(value)

    def is_null(self, column: str) -> bool:
        """Whether there is nothing."""
        return self._values[column] is None

    def line(self, column: str, most: int) -> str:
        """One line that can be stored."""
        text = self.raw(column)
        if not is_line(text):
            text = "".join(letter if is_line(letter) else " " for letter in text)
            self.change(f"control characters of the {column} became blanks")
        return self._cut(column, text, most)

    def text(self, column: str, most: int | None = None) -> str:
        """Lines that can be stored."""
        text = self.raw(column)
        if not is_text(text):
            text = "".join(letter if is_text(letter) else " " for letter in text)
            self.change(f"control characters of the {column} became blanks")
        return self._cut(column, text, most or len(text))

    def _cut(self, column: str, text: str, most: int) -> str:
        if len(text) > most:
            self.change(f"the {column} was cut to {most:,} characters")
        return text[:most]

    def is_true(self, column: str) -> bool:
        """A truth value; False for None."""
        return self._values[column] in TRUE

    def id(self, column: str) -> int | None:
        """The id of another row."""
        return number(self._values[column], 1, BIGGEST_ID)

    def number(self, column: str, low: int, high: int) -> int | None:
        """A whole number within these limits, else None."""
        return number(self._values[column], low, high)

    def seconds(self, column: str) -> float | None:
        """A duration; None for what is none."""
        try:
            value = float(self.raw(column) or "nan")
        except ValueError:
            value = -1
        if 0 <= value < MOST_SECONDS:
            return value
        if not self.is_null(column):
            self.change(f"the {column} is no duration and was left out")
        return None

    def moment(self, column: str, default: Default) -> datetime | Default:
        """A time in UTC; the default for None."""
        if self.is_null(column):
            return default
        try:
            found = datetime.fromisoformat(self.raw(column))
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):
            self.change(f"the {column} is no time that can be kept")
            return default
        if not EARLIEST <= found <= LATEST:
            self.change(f"the {column} was before 1970 or after 9998")
        return min(max(found, EARLIEST), LATEST)

    def uuid(self, column: str) -> str:
        """The id with dashes; a new one where there is none."""
        try:
            return str(uuid.UUID(self.raw(column)))
        except ValueError:
            return str(uuid.uuid4())

    def json(self, column: str) -> Any:
        """What the JSON says, in a form that can be stored."""
        text = self.raw(column)
        try:
            value = json.loads(text or "null")
            if problem := json_problem(value):
                self.change(f"the {column} {problem}, so this was replaced")
                value = storable(value)
        except (ValueError, RecursionError):
            self.change(f"the {column} cannot be read as JSON and became a text")
            value = storable(text)
        return value

    def object(self, column: str) -> dict[str, Any] | None:
        """A JSON object; anything else becomes its `value`."""
        value = self.json(column)
        if isinstance(value, dict | None):
            return value
        self.change(f"the {column} is no object and became the value of one")
        return {"value": value}


def number(value: Any, low: int, high: int) -> int | None:
    """The value as a whole number within these limits, else None."""
    try:
        found = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if low <= found <= high else None


def storable(value: Any, left: int = DEEPEST) -> Any:
    """The JSON with U+FFFD for letters that cannot be stored, and what is nested too deeply as text."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, float):
        return value if isfinite(value) else None
    if not isinstance(value, dict | list):
        return value
    if left == 0:
        return storable(json.dumps(value))
    if isinstance(value, list):
        return [storable(each, left - 1) for each in value]
    return {storable(name): storable(each, left - 1) for name, each in value.items()}

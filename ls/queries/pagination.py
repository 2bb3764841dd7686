"""Where a page of a sorted list begins: the sort key and id of the row beside it, as one opaque word."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from ls.db.types import UtcDateTime
from ls.validation import BIGGEST_ID, text_problem

LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Cursor:
    """The row that a page stands beside."""

    key: str | datetime
    id: int

    @property
    def text(self) -> str:
        """For a URL."""
        key = self.key.astimezone(UTC).isoformat() if isinstance(self.key, datetime) else self.key
        raw = json.dumps([key, self.id], ensure_ascii=False, separators=(",", ":")).encode()
        return urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, column_type: Any) -> Self | None:
        """The cursor for a column of that type, None if the text is not one."""
        try:
            key, row_id = json.loads(urlsafe_b64decode(text[:LONGEST] + "=="))
            if type(key) is not str or type(row_id) is not int or not 0 <= row_id <= BIGGEST_ID or text_problem(key):
                return None
            return (
                cls(datetime.fromisoformat(key).astimezone(UTC), row_id)
                if _is_moment(column_type)
                else cls(key, row_id)
            )
        except (ValueError, TypeError, OverflowError, RecursionError):
            return None


def _is_moment(column_type: Any) -> bool:
    return isinstance(column_type, UtcDateTime)

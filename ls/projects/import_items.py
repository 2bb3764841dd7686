"""One item of an import: what it must look like, and who its authors are."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from ls.accounts.emails import comparison_key
from ls.db.extensions import db
from ls.models import User
from ls.models.user import DELETED
from ls.validation import BIGGEST_ID, json_problem, text_problem

SHOWN = 80  # letters of a wrong value that a message repeats
SOONEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)

Author = str | int  # an e-mail address or an id


class Wrong(Exception):
    """What is wrong with an item."""


@dataclass(frozen=True, slots=True)
class Item:
    """A checked task, and its checked annotations without the task's id."""

    task: dict[str, Any]
    annotations: list[dict[str, Any]]


def checked_item(item: Any, authors: Authors) -> Item:
    """A task as exported, or an object that is nothing but a task's data. Raises Wrong."""
    if not isinstance(item, dict):
        raise Wrong("not an object")
    if "data" not in item:
        return Item({"data": _json("the data", item), "meta": None}, [])
    data, meta = item["data"], item.get("meta")
    if not isinstance(data, dict):
        raise Wrong('"data" is not an object')
    if meta is not None and not isinstance(meta, dict):
        raise Wrong('"meta" is not an object')
    annotations = item.get("annotations")
    if annotations is not None and not isinstance(annotations, list):
        raise Wrong('"annotations" is not a list')
    task = {"data": _json('"data"', data), "meta": _json('"meta"', meta)}
    return Item(task, [_annotation(number, said, authors) for number, said in enumerate(annotations or [], 1)])


def _annotation(number: int, said: Any, authors: Authors) -> dict[str, Any]:
    try:
        if not isinstance(said, dict):
            raise Wrong("not an object")
        return {
            "result": _result(said),
            "completed_by_id": authors.find(said.get("completed_by")),
            "was_cancelled": _flag(said, "was_cancelled"),
            "ground_truth": _flag(said, "ground_truth"),
            "lead_time": _seconds(said, "lead_time"),
            **_moments(said),
        }
    except Wrong as wrong:
        raise Wrong(f"annotation {number}: {wrong}") from None


def _json(name: str, value: Any) -> Any:
    if problem := json_problem(value):
        raise Wrong(f"{name} {problem}")
    return value


def _result(said: dict[str, Any]) -> list[Any]:
    result = said.get("result")
    if not isinstance(result, list):
        raise Wrong('"result" is not a list' if "result" in said else '"result" is missing')
    _json('"result"', result)
    return result


def _flag(said: dict[str, Any], name: str) -> bool:
    value = said.get(name)
    if value is not None and not isinstance(value, bool):
        raise Wrong(f'"{name}" is not true or false')
    return bool(value)


def _seconds(said: dict[str, Any], name: str) -> float | None:
    value = said.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e15 or math.isnan(value):
        raise Wrong(f'"{name}" is not a number of seconds')
    return float(value)


def _moments(said: dict[str, Any]) -> dict[str, datetime]:
    return {name: _moment(name, said[name]) for name in ("created_at", "updated_at") if said.get(name) is not None}


def _moment(name: str, value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        moment = LATEST
    if not SOONEST <= moment < LATEST:
        raise Wrong(f'"{name}" is not a time such as 2021-06-15T19:37:29Z: {_shown(value)}')
    return moment


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


class Authors:
    """Finds who made an annotation, by e-mail or by id, each asked for once."""

    def __init__(self, default: User) -> None:
        self._default_id = default.id
        self._known: dict[Author, int | None] = {}

    def find(self, said: Any) -> int:
        """The id of the person meant. A tombstone is nobody: new work is not put on it."""
        if said is None:
            return self._default_id
        author = self._meant(said)
        if author not in self._known:
            self._known[author] = self._ask(author)
        found = self._known[author]
        if found is None:
            raise Wrong(f"unknown author {_shown(author)}")
        return found

    def _meant(self, said: Any) -> Author:
        # An id is another person's on another server, so the e-mail wins where both are given.
        value = (said.get("email") or said.get("id")) if isinstance(said, dict) else said
        if isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise Wrong('"completed_by" is neither an id nor an e-mail address')

    def _ask(self, author: Author) -> int | None:
        if isinstance(author, int):
            meant = User.id == author if 0 < author <= BIGGEST_ID else None
        else:
            key = None if text_problem(author) else comparison_key(author)
            meant = User.email_key == key if key else None
        if meant is None:
            return None
        return db.session.scalar(select(User.id).where(meant, User.status != DELETED))

"""Checks one item of an import, and looks up the authors of its annotations."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ls.exceptions import NotFound
from ls.models import User
from ls.validation import json_problem

QUOTED_LENGTH = 80  # letters of a wrong value that a message repeats
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
LONGEST_LEAD_TIME = 1e15


class InvalidItem(Exception):
    """What is wrong with an item."""


@dataclass(frozen=True, slots=True)
class ImportItem:
    """A checked task, and its checked annotations, which lack the id of the task."""

    task: dict[str, Any]
    annotations: list[dict[str, Any]]


def checked_item(item: Any, authors: Authors) -> ImportItem:
    """A task as exported, or an object that is only the data of a task. Raises InvalidItem."""
    if not isinstance(item, dict):
        raise InvalidItem("not an object")
    if "data" not in item:
        return ImportItem({"data": _json("the data", item), "meta": None}, [])
    data, meta, annotations = item["data"], item.get("meta"), item.get("annotations")
    if not isinstance(data, dict):
        raise InvalidItem('"data" is not an object')
    if meta is not None and not isinstance(meta, dict):
        raise InvalidItem('"meta" is not an object')
    if annotations is not None and not isinstance(annotations, list):
        raise InvalidItem('"annotations" is not a list')
    task = {"data": _json('"data"', data), "meta": _json('"meta"', meta)}
    return ImportItem(task, [_annotation(number, sent, authors) for number, sent in enumerate(annotations or [], 1)])


def _annotation(number: int, sent: Any, authors: Authors) -> dict[str, Any]:
    try:
        if not isinstance(sent, dict):
            raise InvalidItem("not an object")
        return {
            "result": _result(sent),
            "completed_by_id": authors.id_of(sent.get("completed_by")),
            "was_cancelled": _flag(sent, "was_cancelled"),
            "ground_truth": _flag(sent, "ground_truth"),
            "lead_time": _seconds(sent, "lead_time"),
            **{name: _moment(name, sent[name]) for name in ("created_at", "updated_at") if sent.get(name) is not None},
        }
    except InvalidItem as invalid:
        raise InvalidItem(f"annotation {number}: {invalid}") from None


def _json(name: str, value: Any) -> Any:
    if problem := json_problem(value):
        raise InvalidItem(f"{name} {problem}")
    return value


def _result(sent: dict[str, Any]) -> list[Any]:
    result = sent.get("result")
    if not isinstance(result, list):
        raise InvalidItem('"result" is not a list' if "result" in sent else '"result" is missing')
    _json('"result"', result)
    return result


def _flag(sent: dict[str, Any], name: str) -> bool:
    value = sent.get(name)
    if value is not None and not isinstance(value, bool):
        raise InvalidItem(f'"{name}" is not true or false')
    return bool(value)


def _seconds(sent: dict[str, Any], name: str) -> float | None:
    value = sent.get(name)
    if value is None:
        return None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not abs(value) < LONGEST_LEAD_TIME:  # NaN is not smaller either
        raise InvalidItem(f'"{name}" is not a number of seconds')
    return float(value)


def _moment(name: str, value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        moment = LATEST
    if not EARLIEST <= moment < LATEST:
        raise InvalidItem(f'"{name}" is not a time such as 2021-06-15T19:37:29Z: {_quoted(value)}')
    return moment


def _quoted(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= QUOTED_LENGTH else text[:QUOTED_LENGTH] + "..."


class Authors:
    """Looks up the authors of annotations by email or id, each once."""

    def __init__(self, default: User) -> None:
        self._default_id = default.id
        self._known: dict[str | int, int | None] = {}

    def id_of(self, completed_by: Any) -> int:
        """The id of the author. Raises InvalidItem, also for a deleted account: it gets no new work."""
        if completed_by is None:
            return self._default_id
        author = _email_or_id(completed_by)
        if author not in self._known:
            self._known[author] = _user_id(author)
        user_id = self._known[author]
        if user_id is None:
            raise InvalidItem(f"unknown author {_quoted(author)}")
        return user_id


def _email_or_id(completed_by: Any) -> str | int:
    value = completed_by
    if isinstance(value, dict):  # the email first: on another server the id belongs to another user
        value = value.get("email") or value.get("id")
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return value
    raise InvalidItem('"completed_by" is neither an id nor an email address')


def _user_id(author: str | int) -> int | None:
    if isinstance(author, str):
        user = User.by_email(author)
        return user.id if user else None
    try:
        return User.find(author).id
    except NotFound:
        return None

"""Imports tasks with their annotations, as Label Studio exports them: the whole file or nothing."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ls.exceptions import DomainError
from ls.models import Project, User
from ls.projects import annotations, tasks
from ls.projects.import_items import Authors, ImportedTask, first_problem
from ls.validation import json_problem

CHUNK = 1000

Progress = Callable[[int], object]


class ImportRefused(DomainError):
    """Nothing was imported; `item` is the number of the invalid item, counted from 1."""

    def __init__(self, message: str, item: int | None = None) -> None:
        self.item = item
        super().__init__(message if item is None else f"Item {item}: {message}")


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What was imported; the ids in the order of the items."""

    task_count: int
    annotation_count: int
    task_ids: list[int]


def parse(content: bytes) -> Any:
    """What a JSON file holds. Raises ImportRefused."""
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        raise ImportRefused(f"not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
    except UnicodeDecodeError:
        raise ImportRefused("not JSON: the text is not UTF-8") from None
    except RecursionError:
        raise ImportRefused("nested too deeply") from None
    except ValueError as error:
        raise ImportRefused(f"not JSON: {error}") from None


def check_items(items: Any, default_author: User) -> list[ImportedTask]:
    """Check every item and look up its authors; reads only, so that it can be done before `write()`.

    An annotation without an author gets the default author. Raises ImportRefused.
    """
    if not isinstance(items, list):
        raise ImportRefused("not a list of tasks")
    if not items:
        raise ImportRefused("the list is empty")
    authors = Authors(default_author)
    return [_checked(number, item, authors) for number, item in enumerate(items, 1)]


def save_items(
    project: Project, items: list[ImportedTask], creator: User, progress: Progress = lambda _count: None
) -> ImportResult:
    """Add checked items to the project, inside `write()`. Raises NotFound.

    `progress` is called after each chunk with the number of its items.
    """
    task_ids: list[int] = []
    annotation_count = 0
    for start in range(0, len(items), CHUNK):
        chunk = items[start : start + CHUNK]
        ids = tasks.create_many(project, [{"data": item.data, "meta": item.meta} for item in chunk], creator)
        annotation_count += len(annotations.create_many(list(_annotation_rows(project.id, ids, chunk))))
        task_ids += ids
        progress(len(chunk))
    return ImportResult(len(task_ids), annotation_count, task_ids)


def _annotation_rows(project_id: int, task_ids: list[int], items: list[ImportedTask]) -> Iterable[dict[str, Any]]:
    for task_id, item in zip(task_ids, items, strict=True):
        for annotation in item.annotations:
            given = {name: value for name, value in annotation if value is not None}
            yield {"project_id": project_id, "task_id": task_id, **given}


def _checked(number: int, item: Any, authors: Authors) -> ImportedTask:
    """A task as exported, or an object that is only the data of a task."""
    if isinstance(item, dict) and "data" not in item:
        if problem := json_problem(item):
            raise ImportRefused(f"the data {problem}", number)
        return ImportedTask.model_construct(data=item)
    try:
        return ImportedTask.model_validate(item, context=authors)
    except ValidationError as error:
        raise ImportRefused(first_problem(error), number) from None

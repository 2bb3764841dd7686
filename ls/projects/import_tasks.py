"""Tasks with their annotations, as Label Studio exports them: all of a file comes in, or nothing."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ls.exceptions import DomainError
from ls.models import Annotation, Project, Task, User
from ls.projects.import_items import Authors, Item, Wrong, checked_item

CHUNK = 1000

Progress = Callable[[int], object]


class ImportRefused(DomainError):
    """Nothing of the file was taken, because of its item of that number, counted from 1."""

    def __init__(self, message: str, item: int | None = None) -> None:
        self.item = item
        super().__init__(message if item is None else f"Item {item}: {message}")


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What came in; the ids in the order of the items."""

    task_count: int
    annotation_count: int
    task_ids: list[int]


def read(content: bytes) -> list[Any]:
    """The items of a JSON file. Raises ImportRefused."""
    try:
        items = json.loads(content)
    except json.JSONDecodeError as error:
        raise ImportRefused(f"not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
    except UnicodeDecodeError:
        raise ImportRefused("not JSON: the text is not UTF-8") from None
    except RecursionError:
        raise ImportRefused("nested too deeply") from None
    except ValueError as error:
        raise ImportRefused(f"not JSON: {error}") from None
    return _checked_list(items)


def import_tasks(project: Project, items: Any, default_author: User) -> ImportResult:
    """Append the items to the project, inside `write()`. Raises ImportRefused, NotFound.

    An annotation that does not say who made it is the default author's.
    """
    return keep(project, prepare(items, default_author), default_author)


def prepare(items: Any, default_author: User) -> list[Item]:
    """Check every item and find its authors; reads only, so that it can be done before `write()`.

    Raises ImportRefused.
    """
    authors = Authors(default_author)
    return [_checked(number, item, authors) for number, item in enumerate(_checked_list(items), 1)]


def keep(project: Project, items: list[Item], creator: User, progress: Progress = lambda _count: None) -> ImportResult:
    """Write what `prepare` checked, inside `write()`; `progress` hears how many more are in. Raises NotFound."""
    ids: list[int] = []
    annotations = 0
    for start in range(0, len(items), CHUNK):
        chunk = items[start : start + CHUNK]
        added = Task.create_many(project, [item.task for item in chunk], creator)
        annotations += len(Annotation.create_many(list(_rows(project.id, added, chunk))))
        ids += added
        progress(len(chunk))
    return ImportResult(len(ids), annotations, ids)


def _rows(project_id: int, ids: list[int], items: list[Item]) -> Iterable[dict[str, Any]]:
    for task_id, item in zip(ids, items, strict=True):
        for annotation in item.annotations:
            yield {"project_id": project_id, "task_id": task_id, **annotation}


def _checked_list(items: Any) -> list[Any]:
    if not isinstance(items, list):
        raise ImportRefused("not a list of tasks")
    if not items:
        raise ImportRefused("the list is empty")
    return items


def _checked(number: int, item: Any, authors: Authors) -> Item:
    try:
        return checked_item(item, authors)
    except Wrong as wrong:
        raise ImportRefused(str(wrong), number) from None

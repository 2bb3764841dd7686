"""Imports tasks with their annotations, as Label Studio exports them: the whole file or nothing.

Everything is checked before the write transaction begins. What was checked waits in a temporary file, so that neither
the size of the import nor its content decides how much memory it takes.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from pydantic import ValidationError

from ls.models import Event, Project, User
from ls.projects import annotations, tasks
from ls.projects.import_authors import Authors
from ls.projects.import_items import ImportedTask, count_left_out, first_problem
from ls.projects.import_reader import ImportRefused, read_items
from ls.validation import json_problem

IN_MEMORY = 512 * 1024  # bytes, before a file is made
CHUNK = 512 * 1024  # bytes that are inserted at once
MAX_COLUMNS = 1000  # that an answer names
MAX_NAME = 256
MOMENTS = {"created_at", "updated_at"}

Each = Callable[[list[int]], object]


@dataclass(slots=True)
class Checked:
    """What was checked: a line of JSON for each task, and what the importer is told of all."""

    lines: IO[bytes]
    task_count: int = 0
    columns: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What was imported."""

    task_count: int
    annotation_count: int


@contextmanager
def checked(stream: IO[bytes], authors: Authors, at_most: int | None = None) -> Iterator[Checked]:
    """Check every item and find its authors, outside of `write()`. Raises ImportRefused."""
    with SpooledTemporaryFile(IN_MEMORY) as lines:
        found = Checked(lines)
        for number, item in enumerate(read_items(stream), 1):
            if at_most is not None and number > at_most:
                raise ImportRefused(f"more than {at_most:,} tasks: send them in several imports")
            _keep(_checked(number, item, authors), found)
            if isinstance(item, dict) and "data" in item:
                count_left_out(item, found.left_out)
        authors.check()
        if not found.task_count:
            raise ImportRefused("the list is empty")
        lines.seek(0)
        yield found


def save(project: Project, found: Checked, creator: User, each: Each = lambda _ids: None) -> ImportResult:
    """Add what was checked to the project, inside `write()`, with its event. Raises NotFound.

    `each` is called after each chunk, with the ids of its tasks in the order of the items.
    """
    annotation_count = 0
    for lines in iter(partial(found.lines.readlines, CHUNK), []):
        chunk = [json.loads(line) for line in lines]
        ids = tasks.create_many(project, [{"data": data, "meta": meta} for data, meta, _ in chunk], creator)
        annotation_count += len(annotations.create_many(list(_annotation_rows(project.id, ids, chunk))))
        each(ids)
    Event.record("tasks_imported", **project.named, tasks=found.task_count, annotations=annotation_count)
    return ImportResult(found.task_count, annotation_count)


def _annotation_rows(project_id: int, task_ids: list[int], chunk: list[Any]) -> Iterator[dict[str, Any]]:
    for task_id, (_, _, said) in zip(task_ids, chunk, strict=True):
        for fields in said:
            moments = {name: datetime.fromisoformat(fields[name]) for name in MOMENTS & fields.keys()}
            yield {"project_id": project_id, "task_id": task_id, **fields, **moments}


def _keep(task: ImportedTask, found: Checked) -> None:
    said = [{name: value for name, value in annotation if value is not None} for annotation in task.annotations]
    line = json.dumps([task.data, task.meta, said], default=datetime.isoformat, ensure_ascii=False)
    found.lines.write(line.encode() + b"\n")
    found.task_count += 1
    if len(found.columns) < MAX_COLUMNS:
        found.columns.update(name for name in islice(task.data, MAX_COLUMNS) if len(name) <= MAX_NAME)


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

"""Writes everybody and every project in the form that Label Studio takes back.

Label Studio 1.23 credits an annotation to the member whose email `completed_by` has; a file with the email of somebody
else is refused whole, and an annotation without an author is credited to whoever imports it.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import Row, func, select

from ls.backup.progress import Steps
from ls.db.extensions import db
from ls.db.types import iso
from ls.exceptions import DomainError
from ls.models import Annotation, Project, Task, User
from ls.models.project import VISIBLE
from ls.models.user import DELETED
from ls.queries.people import PeopleFilter
from ls.queries.people_table import people_csv

TASKS = 500  # read at once, with their annotations


@dataclass(slots=True)
class Exported:
    """What was written; `without_author` counts annotations of deleted people, whom Label Studio cannot know."""

    projects: int = 0
    tasks: int = 0
    annotations: int = 0
    without_author: int = 0


def task_count() -> int:
    """How many tasks an export writes."""
    return db.session.scalar(select(func.sum(Project.tasks_count)).where(VISIBLE)) or 0


def export(folder: Path, steps: Steps) -> Exported:
    """Write people.csv, projects.json and a file for each project, all or nothing; a step for each task.

    Raises DomainError if there is something in the folder already, and OSError.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise DomainError(f"{folder} is not empty: nothing is exported over other files.")
    partial = folder.absolute().parent / f".{folder.absolute().name}.partial"
    shutil.rmtree(partial, ignore_errors=True)  # of an export that was killed
    partial.mkdir(mode=0o700)
    try:
        exported = _write(partial, steps)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return exported


def _write(folder: Path, steps: Steps) -> Exported:
    exported = Exported()
    with _new(folder / "people.csv") as file:
        file.writelines(people_csv(PeopleFilter(status="all")))
    listed = []
    for project in db.session.scalars(select(Project).where(VISIBLE).order_by(Project.id)).all():
        listed.append(_project(project))
        with _new(folder / listed[-1]["file"]) as file:
            _write_tasks(file, project.id, exported, steps)
        exported.projects += 1
    with _new(folder / "projects.json") as file:
        json.dump(listed, file, ensure_ascii=False, indent=2)
    return exported


def _new(path: Path) -> TextIO:
    return path.open("x", encoding="utf-8", newline="")


def _project(project: Project) -> dict[str, Any]:
    """What Label Studio's call to create a project takes, and the file with its tasks."""
    return {
        **project.options,
        "title": project.title,
        "description": project.description,
        "label_config": project.label_config,
        "id": project.id,
        "file": f"project-{project.id}.json",
    }


def _write_tasks(file: TextIO, project_id: int, exported: Exported, steps: Steps) -> None:
    separator = "[\n"
    for tasks in _tasks(project_id):
        annotations = _annotations([task.id for task in tasks], exported)
        for task in tasks:
            item = {"id": task.id, "data": task.data, "annotations": annotations.get(task.id, []), "predictions": []}
            times = {"created_at": iso(task.created_at), "updated_at": iso(task.updated_at)}
            file.write(separator + json.dumps(item | {"meta": task.meta or {}} | times, ensure_ascii=False))
            separator = ",\n"
        exported.tasks += len(tasks)
        steps.update(len(tasks))
    file.write("[]\n" if separator == "[\n" else "\n]\n")


def _tasks(project_id: int) -> Iterator[list[Row[Any]]]:
    last = 0
    columns = (Task.id, Task.data, Task.meta, Task.created_at, Task.updated_at)
    while True:
        statement = select(*columns).where(Task.project_id == project_id, Task.id > last).order_by(Task.id).limit(TASKS)
        tasks = list(db.session.execute(statement))
        if not tasks:
            return
        yield tasks
        last = tasks[-1].id


def _annotations(task_ids: list[int], exported: Exported) -> dict[int, list[dict[str, Any]]]:
    """By task; those of deleted people have no author."""
    statement = (
        select(Annotation, User.email, User.status)
        .join(User, User.id == Annotation.completed_by_id)
        .where(Annotation.task_id.in_(task_ids))
        .order_by(Annotation.id)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for annotation, email, status in db.session.execute(statement):
        author = {} if status == DELETED else {"completed_by": {"email": email}}
        found.setdefault(annotation.task_id, []).append(author | _annotation(annotation))
        exported.annotations += 1
        exported.without_author += status == DELETED
    db.session.expunge_all()  # so that memory does not grow with the project
    return found


def _annotation(annotation: Annotation) -> dict[str, Any]:
    kept = ("id", "result", "was_cancelled", "ground_truth", "lead_time", "unique_id")
    times = {"created_at": iso(annotation.created_at), "updated_at": iso(annotation.updated_at)}
    return {name: getattr(annotation, name) for name in kept} | times

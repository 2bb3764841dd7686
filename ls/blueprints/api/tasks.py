"""Tasks: list, create, read, change, delete."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import Field
from sqlalchemy import func, select
from typing_extensions import TypedDict

from ls.blueprints.api import api
from ls.blueprints.api.annotations import AnnotationShape, annotation_shape
from ls.blueprints.api.operation import Input, answer, no_content, operation
from ls.blueprints.api.schemas import Id, JsonObject, Paged
from ls.db.extensions import db
from ls.db.transaction import write
from ls.exceptions import InvalidFields, NotFound
from ls.models import Annotation, Project, Task
from ls.web.current import member

TAG = "Tasks"


class TaskShape(TypedDict):
    """A task with what was said about it."""

    id: int
    project: int
    data: dict[str, Any]
    meta: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    inner_id: int
    is_labeled: bool
    overlap: int
    total_annotations: int
    total_predictions: int
    cancelled_annotations: int
    annotations: list[AnnotationShape]
    predictions: list[dict[str, Any]]


class TaskPage(TypedDict):
    """A page of tasks."""

    tasks: list[TaskShape]
    total: int
    total_annotations: int
    total_predictions: int


class NewTask(Input):
    """A task to make."""

    project: Id
    data: JsonObject
    meta: JsonObject | None = None


class TaskPatch(Input):
    """What may be changed of a task."""

    data: JsonObject | None = None
    meta: JsonObject | None = None


class TasksQuery(Paged):
    """Which tasks."""

    project: Annotated[Id | None, Field(description="Of this project only.")] = None
    fields: Annotated[Literal["all", "task_only"], Field(description="all: with their annotations.")] = "task_only"
    only_annotated: bool = False


def _shape(task: Task, annotations: Iterable[Annotation]) -> TaskShape:
    said = [annotation_shape(annotation) for annotation in annotations]
    return {
        "id": task.id,
        "project": task.project_id,
        "data": task.data,
        "meta": task.meta or {},
        "created_at": task.created_at,
        "updated_at": task.updated_at,
        "inner_id": task.id,
        "is_labeled": task.annotations_count > 0,
        "overlap": 1,
        "total_annotations": task.annotations_count,
        "total_predictions": 0,
        "cancelled_annotations": sum(bool(annotation["was_cancelled"]) for annotation in said),
        "annotations": said,
        "predictions": [],
    }


def _with_annotations(task: Task) -> TaskShape:
    statement = select(Annotation).where(Annotation.task_id == task.id).order_by(Annotation.id)
    return _shape(task, db.session.scalars(statement))


@api.get("/api/tasks/")
@operation("List tasks", tag=TAG, query=TasksQuery, answers={200: TaskPage})
def list_tasks(query: TasksQuery) -> Response:
    """Oldest first; a page past the end is empty."""
    counts = select(
        func.coalesce(func.sum(Project.tasks_count), 0), func.coalesce(func.sum(Project.annotations_count), 0)
    )
    found = select(Task)
    if query.project is not None:
        found, counts = found.where(Task.project_id == query.project), counts.where(Project.id == query.project)
    if query.only_annotated:
        found = found.where(Task.annotations_count > 0)
    total, annotations = db.session.execute(counts).one()
    if query.only_annotated:
        total = db.session.scalar(select(func.count()).select_from(found.subquery())) or 0
    window = found.order_by(Task.id).offset((query.page - 1) * query.page_size).limit(query.page_size)
    tasks = db.session.scalars(window).all()
    said = _annotations_of([task.id for task in tasks]) if query.fields == "all" else {}
    page = {
        "tasks": [_shape(task, said.get(task.id, ())) for task in tasks],
        "total": total,
        "total_annotations": annotations,
        "total_predictions": 0,
    }
    return answer(TaskPage, page)


def _annotations_of(ids: list[int]) -> dict[int, list[Annotation]]:
    grouped: dict[int, list[Annotation]] = {}
    for annotation in db.session.scalars(
        select(Annotation).where(Annotation.task_id.in_(ids)).order_by(Annotation.id)
    ):
        grouped.setdefault(annotation.task_id, []).append(annotation)
    return grouped


@api.post("/api/tasks/")
@operation("Create a task", tag=TAG, body=NewTask, answers={201: TaskShape})
def create_task(body: NewTask) -> Response:
    """In a project that exists."""
    creator = member()
    with write():
        try:
            project = Project.find(body.project)
        except NotFound:
            raise InvalidFields({"project": [f'Invalid pk "{body.project}" - object does not exist.']}) from None
        task = Task.create(project, body.data, creator, body.meta)
    return answer(TaskShape, _shape(task, ()), 201)


@api.get("/api/tasks/<int:task_id>/")
@operation("Read a task", tag=TAG, answers={200: TaskShape})
def get_task(task_id: int) -> Response:
    """One task with its annotations."""
    return answer(TaskShape, _with_annotations(Task.find(task_id)))


@api.patch("/api/tasks/<int:task_id>/")
@operation("Change a task", tag=TAG, body=TaskPatch, answers={200: TaskShape})
def update_task(task_id: int, body: TaskPatch) -> Response:
    """Change data or meta; a task stays in its project."""
    task = Task.find(task_id)
    given = {name: value for name, value in body.given().items() if name == "meta" or value is not None}
    with write():
        task.change(**given)
    return answer(TaskShape, _with_annotations(task))


@api.delete("/api/tasks/<int:task_id>/")
@operation("Delete a task", tag=TAG, answers={204: None})
def delete_task(task_id: int) -> Response:
    """Its annotations go with it."""
    with write():
        Task.find(task_id).remove()
    return no_content()

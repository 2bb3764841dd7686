"""Tasks: list, create, read, change, delete."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import BeforeValidator, Field, Json, WithJsonSchema

from ls.blueprints.api.annotations import AnnotationSchema
from ls.blueprints.api.blueprint import api
from ls.blueprints.api.operation import Input, Schema, api_operation, json_response, no_content
from ls.blueprints.api.schemas import Id, JsonObject, Paged
from ls.blueprints.api.task_query import TaskQuery
from ls.exceptions import InvalidFields, NotFound
from ls.models import Annotation, Project, Task
from ls.projects import tasks
from ls.queries import numbered_pages
from ls.web.auth import write_as_current_user

TAG = "Tasks"


class TaskSchema(Schema):
    """A task with its annotations."""

    id: int
    project: int = Field(validation_alias="project_id")
    data: dict[str, Any]
    meta: Annotated[dict[str, Any], BeforeValidator(lambda meta: meta or {})]
    created_at: datetime
    updated_at: datetime
    inner_id: int = Field(validation_alias="id")
    is_labeled: Annotated[bool, BeforeValidator(bool)] = Field(validation_alias="annotations_count")
    overlap: int = 1
    total_annotations: int = Field(validation_alias="annotations_count")
    total_predictions: int = 0
    cancelled_annotations: int = 0
    annotations: list[AnnotationSchema] = []
    predictions: list[dict[str, Any]] = []


class TaskPage(Schema):
    """A page of tasks."""

    tasks: list[TaskSchema]
    total: int
    total_annotations: int
    total_predictions: int = 0
    end_pagination: bool  # ends the loop of the SDK's older client


class NewTask(Input):
    """A task to create."""

    project: Id
    data: JsonObject
    meta: JsonObject | None = None


class TaskPatch(Input):
    """What may be changed of a task."""

    data: JsonObject | None = None
    meta: JsonObject | None = None


class TasksQuery(Paged):
    """Which tasks."""

    project: Annotated[Id | None, Field(description="Only those of this project.")] = None
    fields: Annotated[Literal["all", "task_only"], Field(description="all: with their annotations.")] = "task_only"
    only_annotated: bool = False
    query: Annotated[
        Json[TaskQuery],
        WithJsonSchema({"type": "string", "contentMediaType": "application/json"}),
        Field(description='`{"filters": ..., "selectedItems": ..., "ordering": ...}` as in Label Studio.'),
    ] = TaskQuery()
    include: Annotated[str | None, Field(description="Accepted without effect.")] = None
    resolve_uri: Annotated[bool | None, Field(description="Accepted without effect.")] = None


def task_schema(task: Task, annotations: Sequence[Annotation]) -> TaskSchema:
    """The task with these annotations."""
    schema = TaskSchema.model_validate(task)
    schema.annotations = [AnnotationSchema.model_validate(annotation) for annotation in annotations]
    schema.cancelled_annotations = sum(annotation.was_cancelled for annotation in annotations)
    return schema


def _answer(task: Task) -> Response:
    annotations = numbered_pages.annotations_of([task.id]).get(task.id, [])
    return json_response(TaskSchema, task_schema(task, annotations))


@api.get("/api/tasks/")
@api_operation("List tasks", tag=TAG, query=TasksQuery, answers={200: TaskPage})
def list_tasks(query: TasksQuery) -> Response:
    """Oldest first, unless another order is requested; a page past the end is empty."""
    wanted = [Task.annotations_count > 0] if query.only_annotated else []
    wanted += query.query.conditions()
    found = numbered_pages.list_tasks(query.project, query.offset, query.page_size, wanted, query.query.order())
    total, total_annotations = numbered_pages.count_tasks(query.project, wanted)
    ids = [task.id for task in found] if query.fields == "all" else []
    annotations = numbered_pages.annotations_of(ids)
    page = {
        "tasks": [task_schema(task, annotations.get(task.id, [])) for task in found],
        "total": total,
        "total_annotations": total_annotations,
        "end_pagination": len(found) < query.page_size,
    }
    return json_response(TaskPage, page)


@api.post("/api/tasks/")
@api_operation("Create a task", tag=TAG, body=NewTask, answers={201: TaskSchema})
def create_task(body: NewTask) -> Response:
    """In a project that exists."""
    with write_as_current_user() as creator:
        task_id = tasks.create(_project(body.project), body.data, creator, body.meta)
    return json_response(TaskSchema, Task.find(task_id), 201)


def _project(project_id: int) -> Project:
    try:
        return Project.find(project_id)
    except NotFound:
        raise InvalidFields({"project": [f'Invalid pk "{project_id}" - object does not exist.']}) from None


@api.get("/api/tasks/<int:task_id>/")
@api_operation("Read a task", tag=TAG, answers={200: TaskSchema})
def get_task(task_id: int) -> Response:
    """One task with its annotations."""
    return _answer(Task.find(task_id))


@api.patch("/api/tasks/<int:task_id>/")
@api_operation("Change a task", tag=TAG, body=TaskPatch, answers={200: TaskSchema})
def update_task(task_id: int, body: TaskPatch) -> Response:
    """Change data or meta; a task stays in its project."""
    given = {name: value for name, value in body.given().items() if name == "meta" or value is not None}
    with write_as_current_user():
        task = Task.find(task_id)
        tasks.change(task, **given)
    return _answer(task)


@api.delete("/api/tasks/<int:task_id>/")
@api_operation("Delete a task", tag=TAG, answers={204: None})
def delete_task(task_id: int) -> Response:
    """Delete the task and its annotations."""
    with write_as_current_user():
        tasks.delete(Task.find(task_id))
    return no_content()

"""Annotations. The author is the current user; it cannot be another user."""

from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import Field
from sqlalchemy import select

from ls.blueprints.api.blueprint import api
from ls.blueprints.api.operation import Input, Query, Schema, api_operation, json_response, no_content
from ls.blueprints.api.schemas import Id, JsonList
from ls.db.extensions import db
from ls.models import Annotation, Task
from ls.models.project import in_visible_project
from ls.projects import annotations
from ls.queries.numbered_pages import annotations_of
from ls.web.auth import write_as_current_user

TAG = "Annotations"
MAX_BULK = 10_000

Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


class AnnotationSchema(Schema):
    """The labels that one user gave to one task."""

    id: int
    task: int = Field(validation_alias="task_id")
    project: int = Field(validation_alias="project_id")
    completed_by: int = Field(validation_alias="completed_by_id")
    updated_by: int | None = Field(validation_alias="updated_by_id")
    result: list[Any]
    was_cancelled: bool
    ground_truth: bool
    lead_time: float | None
    unique_id: str
    created_at: datetime
    updated_at: datetime


class AnnotationBody(Input):
    """The fields of an annotation."""

    result: JsonList | None = None
    was_cancelled: bool | None = None
    ground_truth: bool | None = None
    lead_time: Seconds | None = None


class AnnotationsQuery(Query):
    """In which order."""

    ordering: Literal["id", "-id", "created_at", "-created_at", "updated_at", "-updated_at"] = "id"


class BulkBody(AnnotationBody):
    """The same annotation for many tasks."""

    tasks: Annotated[list[Id], Field(min_length=1, max_length=MAX_BULK)]


class BulkItem(Schema):
    """An annotation that was created."""

    id: int


class BulkDelete(Input):
    """Which annotations to delete, in which project."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=MAX_BULK)]
    project: Id


class Deleted(Schema):
    """How many were deleted."""

    deleted_count: int


def _fields(body: AnnotationBody) -> dict[str, Any]:
    given = {name: value for name, value in body.given().items() if name in AnnotationBody.model_fields}
    return {name: value for name, value in given.items() if value is not None or name == "lead_time"}


@api.get("/api/tasks/<int:task_id>/annotations/")
@api_operation("List a task's annotations", tag=TAG, query=AnnotationsQuery, answers={200: list[AnnotationSchema]})
def list_annotations(task_id: int, query: AnnotationsQuery) -> Response:
    """Oldest first, unless another order is requested."""
    found = annotations_of([Task.find(task_id).id]).get(task_id, [])
    key, is_reversed = attrgetter(query.ordering.removeprefix("-")), query.ordering.startswith("-")
    return json_response(list[AnnotationSchema], sorted(found, key=key, reverse=is_reversed))


@api.post("/api/tasks/<int:task_id>/annotations/")
@api_operation("Annotate a task", tag=TAG, body=AnnotationBody, answers={201: AnnotationSchema})
def create_annotation(task_id: int, body: AnnotationBody) -> Response:
    """The current user is the author."""
    fields = {"result": [], **_fields(body)}
    with write_as_current_user() as author:
        annotation_id = annotations.create(Task.find(task_id), author, **fields)
    return json_response(AnnotationSchema, Annotation.find(annotation_id), 201)


@api.get("/api/annotations/<int:annotation_id>/")
@api_operation("Read an annotation", tag=TAG, answers={200: AnnotationSchema})
def get_annotation(annotation_id: int) -> Response:
    """One annotation."""
    return json_response(AnnotationSchema, Annotation.find(annotation_id))


@api.patch("/api/annotations/<int:annotation_id>/")
@api_operation("Change an annotation", tag=TAG, body=AnnotationBody, answers={200: AnnotationSchema})
def update_annotation(annotation_id: int, body: AnnotationBody) -> Response:
    """The author stays the same; `updated_by` is who changed it."""
    with write_as_current_user() as user:
        annotation = Annotation.find(annotation_id)
        annotations.change(annotation, user, **_fields(body))
    return json_response(AnnotationSchema, annotation)


@api.delete("/api/annotations/<int:annotation_id>/")
@api_operation("Delete an annotation", tag=TAG, answers={204: None})
def delete_annotation(annotation_id: int) -> Response:
    """Delete it; it no longer counts for its author."""
    with write_as_current_user():
        annotations.delete(Annotation.find(annotation_id))
    return no_content()


@api.post("/api/annotations/bulk/")
@api_operation("Annotate many tasks", tag=TAG, body=BulkBody, answers={201: list[BulkItem]})
def create_annotations(body: BulkBody) -> Response:
    """The same annotation on each of these tasks; all or nothing."""
    fields = {"result": [], **_fields(body)}
    with write_as_current_user() as author:
        ids = annotations.create_on_tasks(body.tasks, author, **fields)
    return json_response(list[BulkItem], [{"id": annotation_id} for annotation_id in ids], 201)


@api.post("/api/annotations/bulk-delete/")
@api_operation("Delete many annotations", tag=TAG, body=BulkDelete, answers={200: Deleted})
def delete_annotations(body: BulkDelete) -> Response:
    """Those of these annotations that are in the project."""
    in_project = (Annotation.project_id == body.project, in_visible_project(Annotation.project_id))
    statement = select(Annotation.id).where(Annotation.id.in_(body.ids), *in_project)
    with write_as_current_user():
        ids = db.session.scalars(statement).all()
        deleted = annotations.delete_many(ids) if ids else 0
    return json_response(Deleted, {"deleted_count": deleted})

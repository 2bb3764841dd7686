"""Annotations: whose they are is who asked; nobody annotates in another's name."""

from datetime import datetime
from typing import Annotated, Any

from flask import Response
from pydantic import Field
from sqlalchemy import select
from typing_extensions import TypedDict

from ls.blueprints.api import api
from ls.blueprints.api.operation import Input, answer, no_content, operation
from ls.blueprints.api.schemas import Id, JsonList
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Annotation, Task
from ls.web.current import member

TAG = "Annotations"
BULK_AT_MOST = 10_000

Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


class AnnotationShape(TypedDict):
    """What one person said about one task."""

    id: int
    task: int
    project: int
    completed_by: int
    updated_by: int | None
    result: list[Any]
    was_cancelled: bool
    ground_truth: bool
    lead_time: float | None
    unique_id: str
    created_at: datetime
    updated_at: datetime


class AnnotationBody(Input):
    """What is said."""

    result: JsonList | None = None
    was_cancelled: bool | None = None
    ground_truth: bool | None = None
    lead_time: Seconds | None = None


class BulkBody(AnnotationBody):
    """The same said about many tasks."""

    tasks: Annotated[list[Id], Field(min_length=1, max_length=BULK_AT_MOST)]


class BulkItem(TypedDict):
    """One that was made."""

    id: int


class BulkDelete(Input):
    """Which to delete, in which project."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=BULK_AT_MOST)]
    project: Id


class Deleted(TypedDict):
    """How many are gone."""

    deleted_count: int


def annotation_shape(annotation: Annotation) -> AnnotationShape:
    """The annotation as its JSON reads."""
    return {
        "id": annotation.id,
        "task": annotation.task_id,
        "project": annotation.project_id,
        "completed_by": annotation.completed_by_id,
        "updated_by": annotation.updated_by_id,
        "result": annotation.result,
        "was_cancelled": annotation.was_cancelled,
        "ground_truth": annotation.ground_truth,
        "lead_time": annotation.lead_time,
        "unique_id": annotation.unique_id,
        "created_at": annotation.created_at,
        "updated_at": annotation.updated_at,
    }


def _fields(body: AnnotationBody) -> dict[str, Any]:
    names = ("result", "was_cancelled", "ground_truth", "lead_time")
    given = {name: value for name, value in body.given().items() if name in names}
    return {name: value for name, value in given.items() if value is not None or name == "lead_time"}


@api.get("/api/tasks/<int:task_id>/annotations/")
@operation("List a task's annotations", tag=TAG, answers={200: list[AnnotationShape]})
def list_annotations(task_id: int) -> Response:
    """Oldest first."""
    task = Task.find(task_id)
    found = db.session.scalars(select(Annotation).where(Annotation.task_id == task.id).order_by(Annotation.id))
    return answer(list[AnnotationShape], [annotation_shape(annotation) for annotation in found])


@api.post("/api/tasks/<int:task_id>/annotations/")
@operation("Annotate a task", tag=TAG, body=AnnotationBody, answers={201: AnnotationShape})
def create_annotation(task_id: int, body: AnnotationBody) -> Response:
    """The person who asks is its author."""
    author, fields = member(), _fields(body)
    with write():
        annotation = Annotation.create(Task.find(task_id), author, fields.pop("result", []), **fields)
    return answer(AnnotationShape, annotation_shape(annotation), 201)


@api.get("/api/annotations/<int:annotation_id>/")
@operation("Read an annotation", tag=TAG, answers={200: AnnotationShape})
def get_annotation(annotation_id: int) -> Response:
    """One annotation."""
    return answer(AnnotationShape, annotation_shape(Annotation.find(annotation_id)))


@api.patch("/api/annotations/<int:annotation_id>/")
@operation("Change an annotation", tag=TAG, body=AnnotationBody, answers={200: AnnotationShape})
def update_annotation(annotation_id: int, body: AnnotationBody) -> Response:
    """Its author stays who she is; who changed it is told as updated_by."""
    annotation, by = Annotation.find(annotation_id), member()
    with write():
        annotation.change(by, **_fields(body))
    return answer(AnnotationShape, annotation_shape(annotation))


@api.delete("/api/annotations/<int:annotation_id>/")
@operation("Delete an annotation", tag=TAG, answers={204: None})
def delete_annotation(annotation_id: int) -> Response:
    """Its author has one fewer."""
    with write():
        Annotation.find(annotation_id).remove()
    return no_content()


@api.post("/api/annotations/bulk/")
@operation("Annotate many tasks", tag=TAG, body=BulkBody, answers={201: list[BulkItem]})
def create_annotations(body: BulkBody) -> Response:
    """The same annotation on each of these tasks; all or nothing."""
    author, fields = member(), _fields(body)
    with write():
        ids = Annotation.create_on(body.tasks, author, fields.pop("result", []), **fields)
    return answer(list[BulkItem], [{"id": annotation_id} for annotation_id in ids], 201)


@api.post("/api/annotations/bulk-delete/")
@operation("Delete many annotations", tag=TAG, body=BulkDelete, answers={200: Deleted})
def delete_annotations(body: BulkDelete) -> Response:
    """Those of these that the project has."""
    with write():
        wanted = select(Annotation.id).where(Annotation.id.in_(body.ids), Annotation.project_id == body.project)
        found = list(db.session.scalars(wanted))
        removed = Annotation.remove_many(found) if found else 0
    return answer(Deleted, {"deleted_count": removed})

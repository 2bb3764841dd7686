"""Projects: list, create, read, change, delete, and tasks brought in with their annotations."""

import time
from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Response, request
from pydantic import Field, StringConstraints
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload
from typing_extensions import TypedDict

from ls.blueprints.api import api
from ls.blueprints.api.operation import Input, Query, answer, no_content, operation, read_json
from ls.blueprints.api.schemas import IS_LINE, IS_TEXT, AnyJson, JsonObject, Moment, Page, Paged, avatar_path, page_of
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Project, User
from ls.models.organization import DEFAULT_ORGANIZATION_ID
from ls.models.project import TITLE_LENGTH
from ls.models.user import DELETED, TOMBSTONE_NAME, initials_of
from ls.projects import import_tasks as imports
from ls.web.current import member

TAG = "Projects"
IMPORT_BYTES = 256 * 1024 * 1024

Title = Annotated[str, StringConstraints(min_length=1, max_length=TITLE_LENGTH, strip_whitespace=True), IS_TEXT]
Text = Annotated[str, StringConstraints(max_length=100_000), IS_TEXT]
Color = Annotated[str, StringConstraints(max_length=16), IS_TEXT]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
Sampling = Literal["Sequential sampling", "Uniform sampling", "Uncertainty sampling"]


class Options(Input):
    """What a labelling interface keeps with a project; kept as it came, with the original's defaults."""

    color: Color | None = "#FFFFFF"
    control_weights: JsonObject | None = None
    enable_empty_annotation: bool | None = True
    evaluate_predictions_automatically: bool | None = False
    expert_instruction: Text | None = ""
    is_draft: bool | None = False
    is_published: bool | None = False
    maximum_annotations: Count | None = 1
    min_annotations_to_start_training: Count | None = 0
    model_version: Annotated[str, StringConstraints(max_length=256), IS_TEXT] | None = ""
    overlap_cohort_percentage: Annotated[int, Field(ge=0, le=100)] | None = 100
    pinned_at: Moment | None = None
    reveal_preannotations_interactively: bool | None = False
    sampling: Sampling | None = "Sequential sampling"
    show_annotation_history: bool | None = False
    show_collab_predictions: bool | None = True
    show_ground_truth_first: bool | None = False
    show_instruction: bool | None = False
    show_overlap_first: bool | None = False
    show_skip_button: bool | None = True
    skip_queue: Literal["REQUEUE_FOR_ME", "REQUEUE_FOR_OTHERS", "IGNORE_SKIPPED"] | None = "REQUEUE_FOR_OTHERS"


class NewProject(Options):
    """A project to make."""

    title: Title
    description: Annotated[str, StringConstraints(max_length=10_000), IS_TEXT] | None = None
    label_config: Text | None = None


class ProjectPatch(Options):
    """What may be changed of a project."""

    title: Title | None = None
    description: Annotated[str, StringConstraints(max_length=10_000), IS_TEXT] | None = None
    label_config: Text | None = None


class Creator(TypedDict):
    """Who created it."""

    id: int
    first_name: str
    last_name: str
    email: str
    avatar: str | None
    initials: str


class ProjectShape(TypedDict):
    """A project."""

    id: int
    title: str
    description: str
    label_config: str
    organization: int
    created_by: Creator | None
    created_at: datetime
    updated_at: datetime
    task_number: int
    total_annotations_number: int
    total_predictions_number: int
    color: str | None
    control_weights: dict[str, Any] | None
    enable_empty_annotation: bool | None
    evaluate_predictions_automatically: bool | None
    expert_instruction: str | None
    is_draft: bool | None
    is_published: bool | None
    maximum_annotations: int | None
    min_annotations_to_start_training: int | None
    model_version: str | None
    overlap_cohort_percentage: int | None
    pinned_at: str | None
    reveal_preannotations_interactively: bool | None
    sampling: str | None
    show_annotation_history: bool | None
    show_collab_predictions: bool | None
    show_ground_truth_first: bool | None
    show_instruction: bool | None
    show_overlap_first: bool | None
    show_skip_button: bool | None
    skip_queue: str | None


class Imported(TypedDict):
    """What came in."""

    task_count: int
    annotation_count: int
    prediction_count: int
    predictions_count: int
    duration: float
    task_ids: list[int]
    file_upload_ids: list[int]
    could_be_tasks_list: bool
    found_formats: list[str]
    data_columns: list[str]


class ImportQuery(Query):
    """Accepted for the original's clients; everything is always committed."""

    commit_to_project: bool | None = None
    return_task_ids: bool | None = None


class ProjectsQuery(Paged):
    """Which projects, in which order."""

    title: Annotated[str, Field(max_length=TITLE_LENGTH, description="Any part of the title."), IS_LINE] = ""
    ordering: Literal["id", "-id", "created_at", "-created_at", "title", "-title"] = "-id"


def person(user: User | None) -> Creator | None:
    """Somebody, in short."""
    if user is None:
        return None
    first_name, last_name = user.first_name, user.last_name
    if user.status == DELETED:
        first_name, last_name = TOMBSTONE_NAME.split()
    return {
        "id": user.id,
        "first_name": first_name,
        "last_name": last_name,
        "email": user.email,
        "avatar": avatar_path(user.avatar_name),
        "initials": initials_of(user.status, user.first_name, user.last_name, user.email),
    }


DEFAULTS = {name: field.default for name, field in Options.model_fields.items()}


def _shape(project: Project) -> dict[str, Any]:
    return {
        **DEFAULTS,
        **project.options,
        "id": project.id,
        "title": project.title,
        "description": project.description,
        "label_config": project.label_config,
        "organization": DEFAULT_ORGANIZATION_ID,
        "created_by": person(project.created_by),
        "created_at": project.created_at,
        "updated_at": project.updated_at,
        "task_number": project.tasks_count,
        "total_annotations_number": project.annotations_count,
        "total_predictions_number": 0,
    }


def _fields(body: NewProject | ProjectPatch, options: dict[str, Any]) -> dict[str, Any]:
    """What was given, as the project's own fields and its options."""
    given = {name: value for name, value in body.model_dump(mode="json").items() if name in body.model_fields_set}
    own = {name: given.pop(name) for name in ("title", "description", "label_config") if given.get(name) is not None}
    for name in ("title", "description", "label_config"):
        given.pop(name, None)
    return {**own, "options": {**options, **given}} if given else own


@api.get("/api/projects/")
@operation("List projects", tag=TAG, query=ProjectsQuery, answers={200: Page[ProjectShape]})
def list_projects(query: ProjectsQuery) -> Response:
    """Newest first, unless asked otherwise."""
    found = select(Project)
    if query.title:
        found = found.where(Project.title.icontains(query.title, autoescape=True))
    count = db.session.scalar(select(func.count()).select_from(found.subquery())) or 0
    column = getattr(Project, query.ordering.lstrip("-"))
    order = (column.desc(), Project.id.desc()) if query.ordering.startswith("-") else (column, Project.id)
    window = found.order_by(*order).offset((query.page - 1) * query.page_size).limit(query.page_size)
    projects = db.session.scalars(window.options(joinedload(Project.created_by)))
    return answer(Page[ProjectShape], page_of([_shape(project) for project in projects], count, query))


@api.post("/api/projects/")
@operation("Create a project", tag=TAG, body=NewProject, answers={201: ProjectShape})
def create_project(body: NewProject) -> Response:
    """The person who asks is its creator."""
    creator = member()
    with write():
        project = Project.create(creator=creator, **_fields(body, {}))
    return answer(ProjectShape, _shape(project), 201)


@api.get("/api/projects/<int:project_id>/")
@operation("Read a project", tag=TAG, answers={200: ProjectShape})
def get_project(project_id: int) -> Response:
    """One project."""
    return answer(ProjectShape, _shape(Project.find(project_id)))


@api.patch("/api/projects/<int:project_id>/")
@operation("Change a project", tag=TAG, body=ProjectPatch, answers={200: ProjectShape})
def update_project(project_id: int, body: ProjectPatch) -> Response:
    """Change what is given."""
    project = Project.find(project_id)
    with write():
        project.change(**_fields(body, project.options))
    return answer(ProjectShape, _shape(project))


@api.delete("/api/projects/<int:project_id>/")
@operation("Delete a project", tag=TAG, answers={204: None})
def delete_project(project_id: int) -> Response:
    """Its tasks, annotations and everybody's counts in it go with it."""
    with write():
        Project.find(project_id).remove()
    return no_content()


@api.post("/api/projects/<int:project_id>/import")
@operation(
    "Import tasks",
    tag=TAG,
    query=ImportQuery,
    payload=list[AnyJson],
    answers={201: Imported},
    errors=(400, 413),
)
def import_tasks(project_id: int, query: ImportQuery) -> Response:  # noqa: ARG001  # accepted, see ImportQuery
    """A JSON list of tasks with their annotations, as exported; all or nothing."""
    began = time.monotonic()
    request.max_content_length = IMPORT_BYTES
    project, author, sent = Project.find(project_id), member(), read_json()
    items = imports.prepare(_listed(sent), author)
    with write():
        result = imports.keep(project, items, author)
    columns = sorted({name for item in items for name in item.task["data"]})
    imported: Imported = {
        "task_count": result.task_count,
        "annotation_count": result.annotation_count,
        "prediction_count": 0,
        "predictions_count": 0,
        "duration": time.monotonic() - began,
        "task_ids": result.task_ids,
        "file_upload_ids": [],
        "could_be_tasks_list": False,
        "found_formats": [],
        "data_columns": columns,
    }
    return answer(Imported, imported, 201)


def _listed(sent: Any) -> list[Any]:
    if isinstance(sent, list):
        return sent
    return [sent] if sent else []

"""Projects: list, create, read, change, delete, and import tasks with their annotations."""

import time
from dataclasses import asdict
from typing import Annotated, Any

from flask import Response, request
from flask_login import current_user
from pydantic import AfterValidator

from ls.blueprints.api.blueprint import api
from ls.blueprints.api.operation import Query, Schema, api_operation, json_response, no_content, read_json
from ls.blueprints.api.project_schemas import (
    NewProject,
    ProjectPatch,
    ProjectQuery,
    ProjectSchema,
    ProjectsQuery,
    project_schema,
)
from ls.blueprints.api.schemas import AnyJson, Page, page_schema
from ls.models import Event, Project
from ls.projects import deletion
from ls.projects.import_tasks import check_items, save_items
from ls.queries import numbered_pages
from ls.queries.numbered_pages import ProjectFilter
from ls.web.auth import write_as_current_user
from ls.web.retry import reads_once

TAG = "Projects"
COLUMNS = ("title", "description", "label_config")
MAX_IMPORT_BYTES = 256 * 1024 * 1024


class Imported(Schema):
    """What was imported."""

    task_count: int
    annotation_count: int
    prediction_count: int = 0
    predictions_count: int = 0
    duration: float
    task_ids: list[int]
    file_upload_ids: list[int] = []
    could_be_tasks_list: bool = False
    found_formats: list[str] = []
    data_columns: list[str]


def _saved(commit: bool | None) -> bool | None:
    if commit is False:
        raise ValueError("Everything is always saved.")
    return commit


class ImportQuery(Query):
    """Accepted for Label Studio's clients, without effect: everything is always saved."""

    commit_to_project: Annotated[bool | None, AfterValidator(_saved)] = None
    return_task_ids: bool | None = None


@api.get("/api/projects/")
@api_operation("List projects", tag=TAG, query=ProjectsQuery, answers={200: Page[ProjectSchema]})
def list_projects(query: ProjectsQuery) -> Response:
    """Newest first, unless another order is requested."""
    wanted = ProjectFilter(query.title, query.search, query.ids)
    projects, count = numbered_pages.list_projects(wanted, query.ordering, query.offset, query.page_size)
    results = [project_schema(project) for project in projects]
    return json_response(Page[ProjectSchema], page_schema(results, count, query))


@api.post("/api/projects/")
@api_operation("Create a project", tag=TAG, body=NewProject, answers={201: ProjectSchema})
def create_project(body: NewProject) -> Response:
    """The current user is its creator."""
    with write_as_current_user() as creator:
        project = Project.create(creator=creator, **_fields(body, {}))
    return json_response(ProjectSchema, project_schema(project), 201)


def _fields(body: ProjectPatch, options: dict[str, Any]) -> dict[str, Any]:
    """The columns and options that the client sent; null leaves a column as it is."""
    given = {name: value for name, value in body.model_dump(mode="json").items() if name in body.model_fields_set}
    columns = {name: given.pop(name, None) for name in COLUMNS}
    fields: dict[str, Any] = {name: value for name, value in columns.items() if value is not None}
    return {**fields, "options": {**options, **given}} if given else fields


@api.get("/api/projects/<int:project_id>/")
@api_operation("Read a project", tag=TAG, query=ProjectQuery, answers={200: ProjectSchema})
def get_project(project_id: int, query: ProjectQuery) -> Response:  # noqa: ARG001  # see ProjectQuery
    """One project."""
    return json_response(ProjectSchema, project_schema(Project.find(project_id)))


@api.patch("/api/projects/<int:project_id>/")
@api_operation("Change a project", tag=TAG, query=ProjectQuery, body=ProjectPatch, answers={200: ProjectSchema})
def update_project(project_id: int, query: ProjectQuery, body: ProjectPatch) -> Response:  # noqa: ARG001  # see there
    """Change what is given."""
    with write_as_current_user():
        project = Project.lock_for_update(project_id)
        project.change(**_fields(body, project.options))
    return json_response(ProjectSchema, project_schema(project))


@api.delete("/api/projects/<int:project_id>/")
@api_operation("Delete a project", tag=TAG, answers={204: None})
def delete_project(project_id: int) -> Response:
    """Hide the project with its tasks, annotations and contributions; for 30 days it can be restored."""
    with write_as_current_user():
        deletion.delete_project(project_id)
    deletion.purge_some(deletion.AT_DELETION)
    return no_content()


@api.post("/api/projects/<int:project_id>/import")
@reads_once
@api_operation("Import tasks", tag=TAG, query=ImportQuery, payload=list[AnyJson], answers={201: Imported})
def import_tasks(project_id: int, query: ImportQuery) -> Response:  # noqa: ARG001  # see ImportQuery
    """A JSON list of tasks with their annotations, as exported; all or nothing."""
    began = time.monotonic()
    request.max_content_length = MAX_IMPORT_BYTES
    project, sent = Project.find(project_id), read_json()
    items = check_items(sent if isinstance(sent, list) else [sent] if sent else [], current_user)
    with write_as_current_user() as author:
        result = save_items(project, items, author)
        Event.record("tasks_imported", **project.named, tasks=result.task_count, annotations=result.annotation_count)
    columns = sorted({name for item in items for name in item.data})
    imported = {**asdict(result), "duration": time.monotonic() - began, "data_columns": columns}
    return json_response(Imported, imported, 201)

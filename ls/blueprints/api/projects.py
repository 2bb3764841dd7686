"""Projects: list, create, read, change, delete."""

from typing import Any

from flask import Response

from ls.blueprints.api.blueprint import api
from ls.blueprints.api.operation import api_operation, json_response, no_content
from ls.blueprints.api.project_schemas import (
    NewProject,
    ProjectPatch,
    ProjectQuery,
    ProjectSchema,
    ProjectsQuery,
    project_schema,
)
from ls.blueprints.api.schemas import Page, page_schema
from ls.models import Project
from ls.projects import deletion
from ls.queries import numbered_pages
from ls.queries.numbered_pages import ProjectFilter
from ls.web.auth import write_as_current_user

TAG = "Projects"
COLUMNS = ("title", "description", "label_config")


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

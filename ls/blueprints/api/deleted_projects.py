"""Deleted projects, which can be restored for 30 days."""

from datetime import datetime
from typing import Any

from flask import Response

from ls.blueprints.api.blueprint import api
from ls.blueprints.api.operation import Schema, api_operation, json_response
from ls.blueprints.api.project_schemas import Creator, ProjectSchema, creator_schema, project_schema
from ls.blueprints.api.schemas import Page, Paged, page_schema
from ls.models import Project
from ls.models.project import KEPT
from ls.projects.deletion import restore_project as restore
from ls.queries import numbered_pages
from ls.web.auth import write_as_current_user

TAG = "Projects"


class DeletedProject(Schema):
    """A deleted project; `deleted_by` is null if a command deleted it."""

    id: int
    title: str
    task_number: int
    total_annotations_number: int
    deleted_at: datetime
    deleted_by: Creator | None
    restorable_until: datetime


@api.get("/api/deleted-projects/")
@api_operation("List deleted projects", tag=TAG, query=Paged, answers={200: Page[DeletedProject]})
def list_deleted_projects(query: Paged) -> Response:
    """Those that can be restored, the latest deleted first."""
    projects, count = numbered_pages.list_deleted_projects(query.offset, query.page_size)
    results = [_schema(project, project.deleted_at) for project in projects if project.deleted_at]
    return json_response(Page[DeletedProject], page_schema(results, count, query))


def _schema(project: Project, deleted_at: datetime) -> dict[str, Any]:
    return {
        "id": project.id,
        "title": project.title,
        "task_number": project.tasks_count,
        "total_annotations_number": project.annotations_count,
        "deleted_at": deleted_at,
        "deleted_by": creator_schema(project.deleted_by) if project.deleted_by else None,
        "restorable_until": deleted_at + KEPT,
    }


@api.post("/api/projects/<int:project_id>/restore/")
@api_operation("Restore a deleted project", tag=TAG, answers={200: ProjectSchema})
def restore_project(project_id: int) -> Response:
    """Show it again, with everything in it; a project that is not deleted stays as it is."""
    with write_as_current_user():
        project = restore(project_id)
    return json_response(ProjectSchema, project_schema(project))

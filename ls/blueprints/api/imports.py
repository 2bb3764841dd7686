"""Imports of tasks with their annotations into a project."""

import time
from dataclasses import asdict
from typing import Annotated

from flask import Response
from pydantic import AfterValidator, Field

from ls.blueprints.api.blueprint import api
from ls.blueprints.api.operation import Query, Schema, api_operation, json_response
from ls.blueprints.api.schemas import AnyJson
from ls.models import Project
from ls.projects.import_tasks import checked, save
from ls.web.auth import write_as_current_user
from ls.web.retry import reads_once
from ls.web.uploads import MAX_TASKS, one_at_a_time, sent_tasks

AUTHOR = "The email of the member who is credited with annotations whose author is given by number alone."
FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {
            "type": "string",
            "contentMediaType": "application/json",
            "description": "The tasks in JSON; UTF-8, UTF-16 or UTF-32.",
        },
        "people": {
            "type": "string",
            "contentMediaType": "text/csv",
            "description": "Who the numbers in completed_by are: a CSV file with the columns id and email.",
        },
        "author": {"type": "string", "description": AUTHOR},
    },
}


class Imported(Schema):
    """What was imported. What has no place here is counted in `left_out`, such as predictions and drafts."""

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
    left_out: dict[str, int]


def _saved(commit: bool | None) -> bool | None:
    if commit is False:
        raise ValueError("Everything is always saved.")
    return commit


class ImportQuery(Query):
    """The first two are accepted for Label Studio's clients, without effect: everything is always saved."""

    commit_to_project: Annotated[bool | None, AfterValidator(_saved)] = None
    return_task_ids: bool | None = None
    author: Annotated[str, Field(max_length=254, description=AUTHOR)] = ""


@api.post("/api/projects/<int:project_id>/import")
@reads_once
@api_operation(
    "Import tasks",
    tag="Projects",
    query=ImportQuery,
    payload=list[AnyJson],
    multipart=FORM,
    answers={201: Imported},
    errors=(429,),
)
def import_tasks(project_id: int, query: ImportQuery) -> Response:
    """A JSON list of at most 250,000 tasks with their annotations, as exported; all or nothing.

    An author is found by email. One who is given by number alone is refused, unless `people` or `author` says who
    that is. While another large import runs, the answer is 429 with Retry-After.
    """
    began, task_ids = time.monotonic(), list[int]()
    project = Project.find(project_id)
    with one_at_a_time(), checked(*sent_tasks(query.author), MAX_TASKS) as found, write_as_current_user() as creator:
        result = save(project, found, creator, task_ids.extend)
    said = {"duration": time.monotonic() - began, "data_columns": sorted(found.columns), "left_out": found.left_out}
    return json_response(Imported, {**asdict(result), "task_ids": task_ids, **said}, 201)

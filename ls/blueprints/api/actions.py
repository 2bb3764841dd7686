"""What is done to many tasks at once."""

from typing import Annotated, Literal

from flask import Response
from pydantic import Field

from ls.blueprints.api.blueprint import api
from ls.blueprints.api.operation import Query, Schema, api_operation, json_response
from ls.blueprints.api.schemas import Id
from ls.blueprints.api.task_query import Selection, TaskQuery
from ls.exceptions import InvalidFields
from ls.projects import tasks
from ls.web.auth import write_as_current_user


class ActionQuery(Query):
    """Which action, in which project."""

    id: Annotated[Literal["delete_tasks"], Field(description="What is done.")]
    project: Id


class ActionBody(TaskQuery):
    """Which tasks; an unknown field might narrow them, so it is refused."""

    selectedItems: Selection  # noqa: N815  # the name is Label Studio's
    project: Id | None = None


class Done(Schema):
    """How many tasks it concerned."""

    processed_items: int
    detail: str


@api.post("/api/dm/actions/")
@api_operation("Delete many tasks", tag="Tasks", query=ActionQuery, body=ActionBody, answers={200: Done}, errors=(404,))
def run_action(query: ActionQuery, body: ActionBody) -> Response:
    """Delete the selected tasks of the project with their annotations; all or nothing."""
    if body.project not in {None, query.project}:
        raise InvalidFields({"project": ["It differs from the project in the query string."]})
    with write_as_current_user():
        deleted = tasks.delete_matching(query.project, list(body.conditions()))
    return json_response(Done, {"processed_items": deleted, "detail": f"Deleted {deleted} tasks"})

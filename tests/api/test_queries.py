"""Query parameters: obeyed, or refused with a 400 that names them; an ignored filter would return everything."""

from typing import Any

from flask import Flask

from ls.blueprints.api.operation import Query
from tests.api.conftest import Script, each, invalid
from tests.safety.routes import calls

UNKNOWN = "Unknown, so the request is refused."
ONCE = "Send this parameter once."
# What Label Studio's clients send to narrow a list, and this server has none of.
NARROWING = {
    "/api/tasks/": ["view=1", "review=true", "selectedItems=[1]", "id=1", "ids=1", "project__in=1"],
    "/api/projects/": ["workspaces=1", "state=x", "archived=true", "source_interface_id=1", "id=1"],
    "/api/organizations/1/memberships": ["role=AN", "tags=1", "is_deleted=true", "user_type=x", "exclude_project_id=1"],
    "/api/activity-logs/": ["method=GET", "project=1", "search=x", "workspace=1"],
    "/api/users/": ["email=a%40example.org", "page=2", "id=1"],
    "/api/tasks/1/annotations/": ["completed_by=1"],
    "/api/current-user/hotkeys/": ["project=1"],
}


def test_what_a_call_knows_is_in_the_document(app: Flask) -> None:
    described = app.test_client().get("/docs/api.json").json["paths"]
    for call in (call for call in calls(app) if call.is_api):
        view: Any = app.view_functions[call.endpoint]
        assert issubclass(view.operation.query, Query)
        assert view.operation.query.model_config["extra"] == "forbid"
    for methods in described.values():
        assert all("400" in operation["responses"] for operation in methods.values())
    required = [each["name"] for each in described["/api/dm/actions/"]["post"]["parameters"] if each["required"]]
    assert required == ["id", "project"]


@each("path,query", [(path, query) for path, queries in NARROWING.items() for query in queries])
def test_a_narrowing_parameter_that_is_not_understood_is_named(
    alice_api: Script, task: dict[str, Any], path: str, query: str
) -> None:
    name = query.partition("=")[0]
    assert alice_api.get(f"{path}?{query}", 400) == invalid(**{name: UNKNOWN})


@each("path", ["/api/tasks/?project=1&project=2", "/api/projects/?ids=1&ids=2", "/api/users/1/?id=1&id=1"])
def test_a_repeated_parameter_is_refused(alice_api: Script, task: dict[str, Any], path: str) -> None:
    name = path.partition("?")[2].partition("=")[0]
    assert alice_api.get(path, 400) == invalid(**{name: ONCE})


@each("query", ["tasks/?project=", "tasks/?query=", "projects/?ids=", "projects/?filter=", "activity-logs/?user="])
def test_an_empty_value_does_not_mean_everything(alice_api: Script, task: dict[str, Any], query: str) -> None:
    name = query.partition("?")[2].rstrip("=")
    assert list(alice_api.get(f"/api/{query}", 400)["validation_errors"]) == [name]


def test_what_only_shapes_an_answer_is_accepted(alice_api: Script, task: dict[str, Any]) -> None:
    for path in (
        "tasks/?include=id&resolve_uri=True&fields=all",
        "projects/?include=task_number&members_limit=1&filter=all",
        "projects/1/?members_limit=1",
        "organizations/?ordering=id",
        "organizations/1/memberships/1/?contributed_to_projects=true",
        "token/?ordering=-created_at",
        "users/?ordering=id",
        "activity-logs/?ordering=datetime",
    ):
        alice_api.get(f"/api/{path}")


def test_an_order_that_is_not_obeyed_is_refused(alice_api: Script, task: dict[str, Any]) -> None:
    for path in ("users/?ordering=-email", "activity-logs/?ordering=email", "tasks/1/annotations/?ordering=result"):
        assert list(alice_api.get(f"/api/{path}", 400)["validation_errors"]) == ["ordering"]


def test_projects_by_id_and_by_text(alice_api: Script) -> None:
    for title, description in (("Streets", "cars"), ("Cars", ""), ("100%", "")):
        alice_api.send("POST", "/api/projects/", {"title": title, "description": description}, 201)

    def found(query: str) -> list[int]:
        page = alice_api.get(f"/api/projects/?ordering=id&{query}")
        assert page["count"] == len(page["results"])
        return [project["id"] for project in page["results"]]

    assert (found("ids=3,1"), found("ids=99"), found("ids=1&title=cars")) == ([1, 3], [], [])
    assert (found("search=CAR"), found("title=car"), found("search=%25")) == ([1, 2], [2], [3])
    for ids in ("x", "1,", "1;2", "0", "1,,2"):
        assert list(alice_api.get(f"/api/projects/?ids={ids}", 400)["validation_errors"]) == ["ids"]


def test_annotations_in_the_order_that_is_requested(alice_api: Script, task: dict[str, Any]) -> None:
    path = f"/api/tasks/{task['id']}/annotations/"
    ids = [alice_api.send("POST", path, {"result": []}, 201)["id"] for _ in range(3)]
    assert [one["id"] for one in alice_api.get(f"{path}?ordering=-id")] == ids[::-1]
    assert [one["id"] for one in alice_api.get(f"{path}?ordering=created_at")] == ids


def test_an_import_that_is_not_to_be_saved_is_refused(alice_api: Script, task: dict[str, Any]) -> None:
    path = f"/api/projects/{task['project']}/import?commit_to_project="
    assert list(alice_api.send("POST", f"{path}false", [{"text": "x"}], 400)["validation_errors"]) == [
        "commit_to_project"
    ]
    assert alice_api.get("/api/tasks/")["total"] == 1
    alice_api.send("POST", f"{path}true&return_task_ids=1", [{"text": "x"}], 201)

"""/api/tasks/: list, create, read, change, delete."""

from typing import Any

from tests.api.conftest import NOT_FOUND, Script, each, invalid
from tests.cast import Person

LIST = "/api/tasks/"


def test_a_task_belongs_to_a_project(alice_api: Script, task: dict[str, Any]) -> None:
    planted = {"id": 99, "total_annotations": 5, "is_labeled": True, "annotations": [{"result": [1]}]}
    body = {"project": task["project"], "data": {"text": "b"}, "meta": {"x": 1}}
    made = alice_api.send("POST", LIST, {**body, **planted}, 201)
    assert (made["id"], made["data"], made["meta"]) == (task["id"] + 1, {"text": "b"}, {"x": 1})
    assert (made["total_annotations"], made["is_labeled"], made["annotations"]) == (0, False, [])
    assert alice_api.get(f"{LIST}{made['id']}/") == made
    assert alice_api.get(f"/api/projects/{task['project']}/")["task_number"] == 2


@each("project", [999, 2**31 - 1])
def test_a_task_of_an_unknown_project_is_400(alice_api: Script, task: dict[str, Any], project: int) -> None:
    refused = alice_api.send("POST", LIST, {"project": project, "data": {}}, 400)
    assert refused == invalid(project=f'Invalid pk "{project}" - object does not exist.')


@each(
    "fields,wrong",
    [
        ({"project": None}, "project"),
        ({"project": 0}, "project"),
        ({"project": 10**30}, "project"),
        ({"project": "x"}, "project"),
        ({"data": None}, "data"),
        ({"data": [1]}, "data"),
        ({"data": "x"}, "data"),
        ({"data": {"a": "\0"}}, "data"),
        ({"data": {"a": "\ud800"}}, "data"),
        ({"meta": [1]}, "meta"),
    ],
)
def test_invalid_fields_are_400_and_nothing_is_saved(
    alice_api: Script, task: dict[str, Any], fields: dict[str, Any], wrong: str
) -> None:
    body = {"project": task["project"], "data": {"text": "b"}, **fields}
    assert list(alice_api.send("POST", LIST, body, 400)["validation_errors"]) == [wrong]
    assert alice_api.get(LIST)["total"] == 1


def test_data_that_is_nested_too_deeply_is_400(alice_api: Script, task: dict[str, Any]) -> None:
    deep: Any = {}
    for _ in range(150):
        deep = {"a": deep}
    refused = alice_api.send("POST", LIST, {"project": task["project"], "data": deep}, 400)
    assert refused == invalid(data="This field is nested too deeply.")


def test_numbers_of_any_size_are_returned_as_sent(alice_api: Script, task: dict[str, Any]) -> None:
    data = {"large": 10**40, "small": 5e-324, "true": True, "none": None, "text": "\u202e😀"}
    alice_api.send("PATCH", f"{LIST}{task['id']}/", {"data": data})
    assert alice_api.get(f"{LIST}{task['id']}/")["data"] == data


def test_change_data_and_meta_and_nothing_else(alice_api: Script, task: dict[str, Any]) -> None:
    other = alice_api.send("POST", "/api/projects/", {"title": "Other"}, 201)["id"]
    sent = {"data": {"text": "c"}, "project": other, "id": 9, "total_annotations": 7}
    changed = alice_api.send("PATCH", f"{LIST}{task['id']}/", sent)
    assert changed == {**task, "data": {"text": "c"}, "updated_at": changed["updated_at"]}
    assert alice_api.send("PATCH", f"{LIST}{task['id']}/", {"meta": {"y": 1}})["data"] == {"text": "c"}


def test_the_list_of_a_project_page_by_page(alice_api: Script, task: dict[str, Any]) -> None:
    other = alice_api.send("POST", "/api/projects/", {"title": "Other"}, 201)["id"]
    alice_api.send("POST", LIST, {"project": other, "data": {}}, 201)
    second = alice_api.send("POST", LIST, {"project": task["project"], "data": {}}, 201)
    page = alice_api.get(f"{LIST}?project={task['project']}&page_size=1")
    assert page.keys() == {"tasks", "total", "total_annotations", "total_predictions", "end_pagination"}
    assert ([one["id"] for one in page["tasks"]], page["total"]) == ([task["id"]], 2)
    assert [one["id"] for one in alice_api.get(f"{LIST}?project={task['project']}&page_size=1&page=2")["tasks"]] == [
        second["id"]
    ]
    assert alice_api.get(f"{LIST}?page=10000000000000")["tasks"] == []
    assert alice_api.get(LIST)["total"] == 3
    assert alice_api.get(f"{LIST}?project=999") == {**page, "tasks": [], "total": 0, "end_pagination": True}


def test_annotations_are_included_only_on_request(alice_api: Script, task: dict[str, Any], alice: Person) -> None:
    alice_api.send("POST", LIST, {"project": task["project"], "data": {}}, 201)
    said = alice_api.send("POST", f"{LIST}{task['id']}/annotations/", {"result": [1]}, 201)
    page = alice_api.get(f"{LIST}?fields=all")
    assert [one["annotations"] for one in page["tasks"]] == [[said], []]
    assert (page["total"], page["total_annotations"]) == (2, 1)
    annotated = alice_api.get(f"{LIST}?only_annotated=true")
    assert ([one["id"] for one in annotated["tasks"]], annotated["total"]) == ([task["id"]], 1)
    assert alice_api.get(f"{LIST}{task['id']}/")["annotations"] == [said]


def test_delete_a_task(alice_api: Script, task: dict[str, Any]) -> None:
    alice_api.send("DELETE", f"{LIST}{task['id']}/", status=204)
    assert alice_api.send("DELETE", f"{LIST}{task['id']}/", status=404) == NOT_FOUND
    assert alice_api.get(f"/api/projects/{task['project']}/")["task_number"] == 0

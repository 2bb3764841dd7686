"""Annotations: create, change, delete, and many at once."""

from typing import Any

import pytest

from tests.api.conftest import NOT_FOUND, Script, each, invalid
from tests.cast import Person

RESULT = [{"from_name": "a", "to_name": "b", "type": "choices", "value": {"choices": ["x"]}}]
SHAPE = {
    *("id", "task", "project", "completed_by", "updated_by", "result", "was_cancelled", "ground_truth"),
    *("lead_time", "unique_id", "created_at", "updated_at"),
}


def annotate(script: Script, task: dict[str, Any], **fields: Any) -> Any:
    return script.send("POST", f"/api/tasks/{task['id']}/annotations/", {"result": RESULT, **fields}, 201)


@pytest.mark.parametrize("name", [1, {"id": 1, "email": "alice@example.org"}, None])
def test_the_author_is_the_current_user_whatever_is_sent(
    bob_api: Script, task: dict[str, Any], bob: Person, name: Any
) -> None:
    planted = {"id": 9, "completed_by": name, "updated_by": 1, "project": 7, "unique_id": "x"}
    said = annotate(bob_api, task, created_at="2001-01-01T00:00:00Z", **planted)
    assert said.keys() == SHAPE
    assert (said["completed_by"], said["updated_by"], said["result"]) == (bob.id, bob.id, RESULT)
    assert (said["id"], said["task"], said["project"]) == (1, task["id"], task["project"])
    assert said["unique_id"] != "x"
    assert said["created_at"] > "2020"
    changed = bob_api.send("PATCH", f"/api/annotations/{said['id']}/", {"completed_by": name, "lead_time": 1.5})
    assert (changed["completed_by"], changed["lead_time"]) == (bob.id, 1.5)


def test_a_change_sets_updated_by_and_the_author_stays(
    alice_api: Script, bob_api: Script, task: dict[str, Any], alice: Person, bob: Person
) -> None:
    said = annotate(alice_api, task)
    changed = bob_api.send("PATCH", f"/api/annotations/{said['id']}/", {"result": [], "ground_truth": True})
    assert (changed["completed_by"], changed["updated_by"]) == (alice.id, bob.id)
    assert (changed["result"], changed["ground_truth"], changed["was_cancelled"]) == ([], True, False)
    assert alice_api.get(f"/api/annotations/{said['id']}/") == changed


@each(
    "field,value",
    [
        ("result", {}),
        ("result", "x"),
        ("result", ["\0"]),
        ("result", ["\ud800"]),
        ("was_cancelled", "perhaps"),
        ("ground_truth", []),
        ("lead_time", -1),
        ("lead_time", "x"),
        ("lead_time", 1e10),
    ],
)
def test_invalid_fields_are_400_and_nothing_is_saved(
    alice_api: Script, task: dict[str, Any], field: str, value: Any
) -> None:
    path = f"/api/tasks/{task['id']}/annotations/"
    before = alice_api.get(path)
    assert list(alice_api.send("POST", path, {"result": [], field: value}, 400)["validation_errors"]) == [field]
    assert alice_api.get(path) == before
    said = annotate(alice_api, task)
    body = {"result": [], "was_cancelled": True, field: value}
    refused = alice_api.send("PATCH", f"/api/annotations/{said['id']}/", body, 400)
    assert list(refused["validation_errors"]) == [field]
    assert alice_api.get(f"/api/annotations/{said['id']}/") == said


def test_the_list_of_a_task_and_deletion(alice_api: Script, bob_api: Script, task: dict[str, Any]) -> None:
    path = f"/api/tasks/{task['id']}/annotations/"
    said = [annotate(alice_api, task), annotate(bob_api, task, was_cancelled=True)]
    assert alice_api.get(path) == said
    alice_api.send("DELETE", f"/api/annotations/{said[0]['id']}/", status=204)
    assert alice_api.send("DELETE", f"/api/annotations/{said[0]['id']}/", status=404) == NOT_FOUND
    assert alice_api.get(path) == said[1:]
    assert annotate(alice_api, task)["id"] > said[1]["id"]


def test_bulk_annotations_are_all_or_nothing(
    alice_api: Script, bob_api: Script, task: dict[str, Any], bob: Person
) -> None:
    second = alice_api.send("POST", "/api/tasks/", {"project": task["project"], "data": {}}, 201)
    body = {"tasks": [task["id"], second["id"]], "result": RESULT, "completed_by": 1}
    refused = bob_api.send("POST", "/api/annotations/bulk/", {**body, "tasks": [task["id"], 999]}, 400)
    assert refused == invalid(tasks='Invalid pk "999" - object does not exist.')
    assert alice_api.get(f"/api/tasks/{task['id']}/annotations/") == []
    made = bob_api.send("POST", "/api/annotations/bulk/", body, 201)
    found = [alice_api.get(f"/api/annotations/{one['id']}/") for one in made]
    assert [(one["task"], one["completed_by"]) for one in found] == [(task["id"], bob.id), (second["id"], bob.id)]
    gone = {"ids": [one["id"] for one in made], "project": 999}
    assert alice_api.send("POST", "/api/annotations/bulk-delete/", gone) == {"deleted_count": 0}
    gone["project"] = task["project"]
    assert alice_api.send("POST", "/api/annotations/bulk-delete/", gone) == {"deleted_count": 2}
    assert alice_api.send("POST", "/api/annotations/bulk-delete/", gone) == {"deleted_count": 0}


@each("tasks", [None, [], ["x"], [0], [2**31], "1", [1] * 10_001])
def test_an_invalid_list_of_tasks_is_400(alice_api: Script, task: dict[str, Any], tasks: Any) -> None:
    refused = alice_api.send("POST", "/api/annotations/bulk/", {"tasks": tasks, "result": []}, 400)
    assert list(refused["validation_errors"]) == ["tasks"]

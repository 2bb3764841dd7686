"""/api/projects/<id>/import: tasks with their annotations and authors."""

from typing import Any

import pytest

from tests.api.conftest import NOT_FOUND, Script, each
from tests.cast import Person


@pytest.fixture
def path(alice_api: Script) -> str:
    made = alice_api.send("POST", "/api/projects/", {"title": "Imported"}, 201)
    return f"/api/projects/{made['id']}/import"


def test_the_answer_counts_what_was_imported(alice_api: Script, path: str, alice: Person, bob: Person) -> None:
    items = [
        {"data": {"text": "a"}, "annotations": [{"result": [1], "completed_by": bob.email}, {"result": []}]},
        {"text": "b"},
    ]
    done = alice_api.send("POST", path, items, 201)
    assert (done["task_count"], done["annotation_count"], len(done["task_ids"])) == (2, 2, 2)
    assert done["data_columns"] == ["text"]
    said = alice_api.get(f"/api/tasks/{done['task_ids'][0]}/annotations/")
    assert [one["completed_by"] for one in said] == [bob.id, alice.id]


def test_a_single_task_needs_no_list(alice_api: Script, path: str) -> None:
    assert (
        alice_api.send("POST", f"{path}?commit_to_project=true&return_task_ids=1", {"text": "b"}, 201)["task_count"]
        == 1
    )


@each(
    "items,detail",
    [
        ([], "the list is empty"),
        ({}, "the list is empty"),
        (None, "the list is empty"),
        ([{"text": "a"}, 5], "Item 2: not an object"),
        ([{"data": []}], 'Item 1: "data" is not an object'),
        ([{"data": {}, "annotations": [{"result": [], "completed_by": 9}]}], "Item 1: annotation 1: unknown author 9"),
        ([{"data": {}, "annotations": [{}]}], 'Item 1: annotation 1: "result" is missing'),
        ([{"text": "\0"}], "Item 1: the data holds a NUL character, which cannot be stored"),
    ],
)
def test_all_or_nothing(alice_api: Script, path: str, items: Any, detail: str) -> None:
    assert alice_api.send("POST", path, items, 400) == {"detail": detail}
    assert alice_api.get("/api/tasks/")["total"] == 0


def test_import_into_an_unknown_project_is_404(alice_api: Script, path: str) -> None:
    assert alice_api.send("POST", "/api/projects/999/import", [{"text": "a"}], 404) == NOT_FOUND


def test_an_import_may_be_larger_than_other_bodies(alice_api: Script, path: str) -> None:
    assert alice_api.send("POST", path, [{"text": "x" * 1_500_000}] * 2, 201)["task_count"] == 2

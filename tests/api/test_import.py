"""/api/projects/<id>/import: tasks with their annotations and authors."""

import json
from io import BytesIO
from typing import Any

import pytest

from ls.blueprints.api import imports
from ls.web import uploads
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
        (
            [{"data": {}, "annotations": [{"result": [], "completed_by": "9@example.org"}]}],
            'Authors who are no members here: "9@example.org".',
        ),
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


TASKS = b'[{"data":{"text":"a"}}]'


@each(
    "content",
    [TASKS, TASKS[1:-1], *(TASKS.decode().encode(encoding) for encoding in ("utf-8-sig", "utf-16", "utf-16-be"))],
)
def test_every_encoding_comes_in_by_body_and_by_file(alice_api: Script, path: str, content: bytes) -> None:
    form = "application/x-www-form-urlencoded"  # what curl --data-binary says
    assert alice_api.call("POST", path, data=content, content_type=form).status_code == 201
    assert alice_api.call("POST", path, data={"file": (BytesIO(content), "tasks.json")}).status_code == 201


@each(
    "form,detail",
    [
        ({"file": (BytesIO(b"text,label\na,b\n"), "tasks.csv")}, "CSV, TSV and plain text are not imported"),
        ({"file": "[]"}, "curl -F file=@tasks.json"),
        ({"a": (BytesIO(TASKS), "a"), "b": (BytesIO(TASKS), "b")}, "curl -F file=@tasks.json"),
        ({"people": (BytesIO(b"id,email"), "a")}, "curl -F file=@tasks.json"),
    ],
)
def test_another_form_says_what_is_wanted(alice_api: Script, path: str, form: Any, detail: str) -> None:
    answer = alice_api.call("POST", path, data=form, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert detail in answer.json["detail"]


def test_numbers_of_authors_are_refused_until_somebody_says_who_they_are(
    alice_api: Script, path: str, alice: Person, bob: Person
) -> None:
    said = [{"result": [], "completed_by": by} for by in (alice.id, 7, {"id": bob.id})]
    items = [{"data": {}, "annotations": said}]
    detail = alice_api.send("POST", path, items, 400)["detail"]
    assert f"{alice.id} (here alice@example.org), 7, {bob.id} (here bob@example.org). Numbers of" in detail

    def authors(imported: Any) -> list[int]:
        found = alice_api.get(f"/api/tasks/{imported['task_ids'][0]}/annotations/")
        return [one["completed_by"] for one in found]

    assert authors(alice_api.send("POST", f"{path}?author=bob@example.org", items, 201)) == [bob.id] * 3
    people = f"id;email\n7;alice@example.org\n{bob.id};bob@example.org".encode()
    form = {"tasks": (BytesIO(json.dumps(items).encode()), "x"), "people": (BytesIO(people), "p.csv")}
    done = alice_api.call("POST", path, data={**form, "author": "bob@example.org"})
    assert authors(done.json) == [bob.id, alice.id, bob.id]


def test_what_is_left_out_is_counted(alice_api: Script, path: str) -> None:
    items = [{"data": {}, "predictions": [1, 2]}, {"data": {}, "drafts": [1], "id": 5}]
    assert alice_api.send("POST", path, items, 201)["left_out"] == {"predictions": 2, "drafts": 1}


def test_too_many_tasks_are_refused(alice_api: Script, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MAX_TASKS", 2)
    assert alice_api.send("POST", path, [{}] * 2, 201)["task_count"] == 2
    assert alice_api.send("POST", path, [{}] * 3, 400)["detail"] == "more than 2 tasks: send them in several imports"


def test_large_imports_come_one_at_a_time(alice_api: Script, path: str) -> None:
    large = b"[" + b" " * 3_000_000 + b"{}]"
    with uploads.turn:
        second = alice_api.call("POST", path, data=large)
        assert (second.status_code, second.headers["Retry-After"]) == (429, "15")
        assert alice_api.call("POST", path, data=TASKS).status_code == 201
    assert alice_api.call("POST", path, data=large + b"]").status_code == 400
    assert alice_api.call("POST", path, data=large).status_code == 201


def test_a_chunked_import_that_is_too_large_is_413(
    alice_api: Script, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_BYTES", 1000)
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    body = BytesIO(b"[{}]" + b" " * 2000)
    assert alice_api.call("POST", path, input_stream=body, environ_overrides=chunked).status_code == 413
    assert alice_api.get("/api/tasks/")["total"] == 0

"""/api/projects/: list, create, read, change, delete."""

from typing import Any

from flask import Flask

from tests.api.conftest import NOT_FOUND, Script, each, invalid
from tests.cast import Person

LIST = "/api/projects/"


def make(script: Script, title: str = "Street scenes", **fields: Any) -> Any:
    return script.send("POST", LIST, {"title": title, **fields}, 201)


def test_the_creator_is_the_current_user_whatever_is_sent(alice_api: Script, alice: Person, bob: Person) -> None:
    planted = {"id": 99, "created_by": bob.id, "organization": 7, "task_number": 5, "total_annotations_number": 5}
    made = make(alice_api, description="x", created_at="2001-01-01T00:00:00Z", unknown=[1], **planted)
    assert (made["id"], made["title"], made["description"], made["organization"]) == (1, "Street scenes", "x", 1)
    assert (made["task_number"], made["total_annotations_number"]) == (0, 0)
    assert made["created_at"] > "2020"
    assert (made["created_by"]["id"], made["created_by"]["email"]) == (alice.id, alice.email)
    assert alice_api.get(f"{LIST}1/") == made


def test_options_are_returned_as_sent(alice_api: Script) -> None:
    kept = {"label_config": "<View/>", "color": "#123456", "sampling": "Uniform sampling", "maximum_annotations": 3}
    kept |= {"control_weights": {"a": {"b": 1}}, "show_skip_button": False}
    made = make(alice_api, **kept)
    assert {name: made[name] for name in kept} == kept
    assert (made["is_published"], made["skip_queue"]) == (False, "REQUEUE_FOR_OTHERS")
    changed = alice_api.send("PATCH", f"{LIST}{made['id']}/", {"color": "#654321"})
    assert changed == {**made, "color": "#654321", "updated_at": changed["updated_at"]}


def test_change_what_is_given_and_nothing_else(alice_api: Script, bob_api: Script, bob: Person) -> None:
    made = make(alice_api, description="x")
    changed = bob_api.send("PATCH", f"{LIST}{made['id']}/", {"title": " New ", "id": 9, "created_by": bob.id})
    assert changed == {**made, "title": "New", "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > made["updated_at"]


@each(
    "fields,wrong",
    [
        ({"title": None}, "title"),
        ({"title": ""}, "title"),
        ({"title": " \n"}, "title"),
        ({"title": "x" * 256}, "title"),
        ({"title": "a\0"}, "title"),
        ({"title": "a\ud800"}, "title"),
        ({"description": "x" * 10_001}, "description"),
        ({"description": 5}, "description"),
        ({"color": "x" * 17}, "color"),
        ({"sampling": "by heart"}, "sampling"),
        ({"maximum_annotations": -1}, "maximum_annotations"),
        ({"maximum_annotations": 2**31}, "maximum_annotations"),
        ({"control_weights": [1]}, "control_weights"),
        ({"control_weights": {"a": "\0"}}, "control_weights"),
        ({"pinned_at": "yesterday"}, "pinned_at"),
    ],
)
def test_invalid_fields_are_400_and_nothing_is_saved(alice_api: Script, fields: dict[str, Any], wrong: str) -> None:
    body, before = {"title": "Fine", "description": "fine", **fields}, alice_api.get(LIST)["count"]
    assert list(alice_api.send("POST", LIST, body, 400)["validation_errors"]) == [wrong]
    assert alice_api.get(LIST)["count"] == before
    made = make(alice_api)
    if fields != {"title": None}:
        assert list(alice_api.send("PATCH", f"{LIST}{made['id']}/", body, 400)["validation_errors"]) == [wrong]
        assert alice_api.get(f"{LIST}{made['id']}/") == made


def test_a_missing_title_is_400(alice_api: Script) -> None:
    assert alice_api.send("POST", LIST, {}, 400) == invalid(title="This field is required.")
    assert alice_api.send("POST", LIST, {"title": " "}, 400) == invalid(title="This field may not be blank.")
    too_long = "Ensure this field has no more than 255 characters."
    assert alice_api.send("POST", LIST, {"title": "x" * 256}, 400) == invalid(title=too_long)


def test_the_list_is_newest_first_page_by_page(alice_api: Script) -> None:
    made = [make(alice_api, f"Project {number}")["id"] for number in range(3)]
    page = alice_api.get(f"{LIST}?page_size=2")
    assert page.keys() == {"count", "next", "previous", "results"}
    assert (page["count"], [one["id"] for one in page["results"]]) == (3, made[:0:-1])
    following = alice_api.get(page["next"].removeprefix("http://localhost"))
    assert ([one["id"] for one in following["results"]], following["next"]) == (made[:1], None)
    assert alice_api.get(f"{LIST}?page=100000000000000")["results"] == []
    assert [one["id"] for one in alice_api.get(f"{LIST}?ordering=title")["results"]] == made


@each("query", ["page=0", "page_size=0", "ordering=created_by", "title=%00"])
def test_an_invalid_query_is_400(alice_api: Script, query: str) -> None:
    assert list(alice_api.get(f"{LIST}?{query}", 400)["validation_errors"]) == [query.partition("=")[0]]


@each("title,found", [("äPFEL", 0), ("ÄPFEL", 1), ("fel", 1), ("100%", 1), ("_", 0), ("PEARS", 1), ("x", 0)])
def test_projects_are_found_by_a_part_of_the_title(app: Flask, alice_api: Script, title: str, found: int) -> None:
    if not alice_api.get(LIST)["count"]:
        make(alice_api, "ÄPFEL")
        make(alice_api, "100% pears")
    if title == "äPFEL" and "postgresql" in app.config["SQLALCHEMY_DATABASE_URI"]:
        found = 1  # SQLite knows the case of ASCII letters only
    assert alice_api.get(f"{LIST}?title={title.replace('%', '%25')}")["count"] == found


def test_deleting_a_project_deletes_its_tasks_and_annotations(alice_api: Script, task: dict[str, Any]) -> None:
    said = alice_api.send("POST", f"/api/tasks/{task['id']}/annotations/", {"result": []}, 201)
    path = f"{LIST}{task['project']}/"
    alice_api.send("DELETE", path, status=204)
    assert alice_api.send("DELETE", path, status=404) == NOT_FOUND
    for gone in (path, f"/api/tasks/{task['id']}/", f"/api/annotations/{said['id']}/"):
        assert alice_api.get(gone, 404) == NOT_FOUND
    assert make(alice_api)["id"] > task["project"]

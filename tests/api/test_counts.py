"""The People page shows the counts right after every call."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.api.conftest import Script
from tests.cast import Browser, Cast, Person
from tests.factories import assert_true


@pytest.fixture
def shown(app: Flask, alice: Person, bob: Person) -> Callable[[], Any]:
    """What People shows of Bob: titles created, and titles annotated in with their counts."""
    browser = Browser(app)
    browser.sign_in(alice.email)

    def show() -> Any:
        page = browser.fragment(f"/people/{bob.id}").get_data(as_text=True)
        links = re.findall(r'/projects/\d+"[^>]*>\s*(?:<bdi>)?([^<]+)', page)
        total, *each = (int(number) for number in re.findall(r'data-label="Annotations">(\d+)<', page))
        assert total == sum(each)  # the row, and what it opens to
        return links, each

    return show


def test_people_shows_the_counts_after_every_call(
    app: Flask, alice_api: Script, bob_api: Script, bob: Person, shown: Callable[[], Any]
) -> None:
    def counted() -> int:
        member = alice_api.get(f"/api/organizations/1/memberships/{bob.id}/")
        with app.app_context():
            assert_true()
        assert shown()[1] == ([member["annotations_count"]] if member["annotations_count"] else [])
        assert member["contributed_projects_count"] == len(member["contributed_to_projects"])
        total: int = member["annotations_count"]
        return total

    def send(method: str, path: str, body: Any = None, status: int = 200) -> Any:
        return bob_api.send(method, path, body, status)

    project = send("POST", "/api/projects/", {"title": "Street scenes"}, 201)["id"]
    assert shown() == (["Street scenes"], [])
    body = {"project": project, "data": {}}
    tasks = [send("POST", "/api/tasks/", body, 201)["id"] for _ in range(3)]
    assert counted() == 0
    said = [send("POST", f"/api/tasks/{task}/annotations/", {"result": []}, 201)["id"] for task in tasks]
    assert counted() == 3
    assert shown() == (["Street scenes", "Street scenes"], [3])
    send("POST", f"/api/tasks/{tasks[0]}/annotations/", {"was_cancelled": True}, 201)
    assert counted() == 3
    alice_api.send("PATCH", f"/api/annotations/{said[0]}/", {"was_cancelled": True})
    assert counted() == 2
    alice_api.send("PATCH", f"/api/annotations/{said[0]}/", {"was_cancelled": False, "result": [1]})
    assert counted() == 3
    send("DELETE", f"/api/annotations/{said[1]}/", status=204)
    assert counted() == 2
    send("DELETE", f"/api/tasks/{tasks[2]}/", status=204)
    assert counted() == 1
    made = send("POST", "/api/annotations/bulk/", {"tasks": tasks[:2] * 5, "result": []}, 201)
    assert counted() == 11
    ids = [one["id"] for one in made[:4]]
    assert (
        alice_api.send("POST", "/api/annotations/bulk-delete/", {"ids": ids, "project": project})["deleted_count"] == 4
    )
    assert counted() == 7
    items = [{"data": {}, "annotations": [{"result": [], "completed_by": bob.email}]}] * 2
    alice_api.send("POST", f"/api/projects/{project}/import", items, 201)
    assert counted() == 9
    alice_api.send("DELETE", f"/api/projects/{project}/", status=204)
    assert counted() == 0
    assert shown() == ([], [])


def test_the_work_of_a_deleted_author_stays_counted(
    alice_api: Script, cast: Cast, app: Flask, task: dict[str, Any]
) -> None:
    charlie = cast.charlie(sign_in=False)
    Script(app, charlie).send("POST", f"/api/tasks/{task['id']}/annotations/", {"result": []}, 201)
    alice_api.send("DELETE", f"/api/users/{charlie.id}/", status=204)
    assert alice_api.get(f"/api/projects/{task['project']}/")["total_annotations_number"] == 1
    with app.app_context():
        assert_true()

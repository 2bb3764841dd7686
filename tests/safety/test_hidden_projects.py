"""A deleted project is nowhere: every route answers as if it had never been, reads and writes alike."""

import re

import pytest

from ls.db.extensions import db
from ls.models import Event
from tests.safety.recipes import RECIPES, World, Write, token_of
from tests.safety.routes import WRITING, state

# Where deleted projects are listed, and where it is told what happened to them.
TELLING = {"projects.deleted", "api.list_deleted_projects", "activity.index", "api.list_activity", "activity.events"}
CHANGING = re.compile(r'name="(csrf_token|form_key)"[^>]*value="[^"]+"|[\d.]+ [kMGT]B')
OF_A_PROJECT = ("project_id", "task_id", "annotation_id")


def readings(world: World) -> dict[str, str]:
    """What each GET route answers Alice, but for what differs each time; with the ids of her own work."""
    found = {}
    for call in world.calls(world.alice):
        if call.method == "GET" and call.endpoint not in TELLING:
            answer = world.alice.browser.get(call.path, buffered=True)
            found[call.path] = CHANGING.sub("", answer.get_data().decode(errors="replace"))
    lists = ("/api/tasks/?fields=all", "/api/organizations/1/memberships?contributed_to_projects=1", "/people/?q=bob")
    numbers = (world.alice.id, world.bob.id)
    people = [f"/people/{n}" for n in numbers] + [f"/api/organizations/1/memberships/{n}/" for n in numbers]
    return found | {path: CHANGING.sub("", world.alice.browser.get(path).text) for path in (*lists, *people)}


def more_work(world: World) -> dict[str, int]:
    """A project of Bob's in which he and Alice annotated; the ids that routes take."""
    project = world.call(world.bob, "POST", "/api/projects/", json={"title": "Zebra crossings"})["id"]
    task = world.call(world.bob, "POST", "/api/tasks/", json={"project": project, "data": {"text": "a zebra"}})["id"]
    said = [world.call(who, "POST", f"/api/tasks/{task}/annotations/", json={}) for who in (world.alice, world.bob)]
    return {"project_id": project, "task_id": task, "annotation_id": said[0]["id"]}


def test_every_list_and_page_answers_as_if_it_had_never_been(world: World) -> None:
    world.alice.browser.get("/people/")  # shows the message of a deactivation, which no page repeats
    before = readings(world)
    made = more_work(world)
    shown = readings(world)
    assert len([path for path in before if before[path] != shown[path]]) >= 9  # the test sees it where it is shown
    world.call(world.bob, "DELETE", f"/api/projects/{made['project_id']}/")
    hidden = readings(world)
    assert [path for path in before if before[path] != hidden[path]] == []
    world.call(world.alice, "POST", f"/api/projects/{made['project_id']}/restore/")
    assert readings(world) == shown


def test_no_id_of_it_opens_anything(world: World) -> None:
    made = more_work(world)
    world.call(world.bob, "DELETE", f"/api/projects/{made['project_id']}/")
    token, before, failures = token_of(world.alice.browser.client), state(world.app), []
    for call in world.calls(world.alice, **made):
        rule = next(rule for rule in world.app.url_map.iter_rules() if rule.endpoint == call.endpoint)
        if not rule.arguments & set(OF_A_PROJECT) or call.endpoint in {"projects.restore", "api.restore_project"}:
            continue
        if call.method in WRITING:
            answer = Write.of(world, call.endpoint, **made).send(token)
        else:
            answer = world.alice.browser.get(call.path)
        failures += [(call, answer.status_code)] if answer.status_code != 404 else []
    assert failures == []
    assert state(world.app) == before


@pytest.mark.parametrize("endpoint", ["api.create_task", "api.create_annotations", "api.delete_annotations"])
def test_no_id_of_it_in_a_body_changes_anything(world: World, endpoint: str) -> None:
    assert endpoint in RECIPES
    made = more_work(world)
    world.call(world.bob, "DELETE", f"/api/projects/{made['project_id']}/")
    world.work[world.alice.id] |= made
    before = state(world.app)
    answer = Write.of(world, endpoint).send(token_of(world.alice.browser.client))
    assert answer.status_code == 400 or answer.json == {"deleted_count": 0}
    assert state(world.app) == before
    page = world.alice.browser.get(f"/api/tasks/?project={made['project_id']}").json
    assert page
    assert (page["tasks"], page["total"], page["total_annotations"]) == ([], 0, 0)


def test_the_log_tells_what_it_was_and_by_whom(world: World) -> None:
    made = more_work(world)
    with world.app.app_context():
        world.call(world.bob, "DELETE", f"/api/projects/{made['project_id']}/")
        event = db.session.scalars(db.select(Event).order_by(Event.id.desc())).first()
        assert event
        assert (event.kind, event.actor_id) == ("project_deleted", world.bob.id)
        assert event.detail == {"project": made["project_id"], "title": "Zebra crossings", "tasks": 1, "annotations": 2}

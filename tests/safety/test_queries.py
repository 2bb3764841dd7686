"""No call ignores a query parameter: what it does not understand might have narrowed what it deletes."""

from tests.api.conftest import invalid
from tests.safety.recipes import World, Write, token_of

UNKNOWN = "Unknown, so the request is refused."


def test_every_call_refuses_an_unknown_parameter_and_does_nothing(world: World) -> None:
    alice, undone = world.alice, []
    for call in world.calls(alice):
        if call.is_api:
            answer = world.script.open(f"{call.path}?nonsense=1", method=call.method, headers=alice.auth, json={})
            refused = answer.status_code == 400 and answer.json["validation_errors"].get("nonsense") == [UNKNOWN]
            undone += [] if refused else [(call.method, call.path, answer.text)]
    assert undone == []
    work = world.work[alice.id]
    for path in (f"tasks/{work['task_id']}", f"projects/{work['project_id']}", f"annotations/{work['annotation_id']}"):
        world.call(alice, "GET", f"/api/{path}/")


def test_a_write_from_a_browser_is_refused_for_its_query_alone(world: World) -> None:
    write = Write.of(world, "api.delete_project")
    token = token_of(write.client)
    refused = write.client.delete(f"{write.call.path}?dry_run=1", headers={"X-CSRFToken": token})
    assert refused.json == invalid(dry_run=UNKNOWN)
    assert write.send(token).status_code == 204

"""Members who change different values of one row at once: every value that was acknowledged is there."""

from functools import partial
from typing import Any

import httpx

from tests.torture.load import ENGINES, Loaded, Member, at_once, loaded
from tests.torture.trial import Outcome, Trial

EACH = 40
FLAGS = ("show_instruction", "show_skip_button", "show_annotation_history", "enable_empty_annotation")


def run(engine: str) -> Outcome:
    """Each member changes an option of their own, and a field of the organization or a task."""
    lost: list[str] = []
    with loaded(engine) as server:
        members = [Member.join(server, f"member-{number}") for number in range(4)]
        with _client(server, members[0]) as client:
            project = client.post("/api/projects/", json={"title": "Shared"}).json()["id"]
            task = client.post("/api/tasks/", json={"project": project, "data": {"text": "x"}}).json()["id"]
        paths = (f"/api/projects/{project}/", f"/api/tasks/{task}/", "/api/organizations/1", "/api/session-policy/")
        at_once([partial(_change, server, member, paths, number, lost) for number, member in enumerate(members)])
        failed = server.log.read_text().count("unhandled")
    figures = f"{4 * EACH} values of a project, {4 * EACH} of others, {len(lost)} lost {sorted(set(lost))}"
    return Outcome(not lost and not failed, f"{figures}, {failed} failed")


def _change(server: Loaded, member: Member, paths: tuple[str, ...], number: int, lost: list[str]) -> None:
    project, task, organization, policy = paths
    others = (
        lambda turn: (task, {"data": {"text": f"turn {turn}"}}),
        lambda turn: (task, {"meta": {"turn": turn}}),
        lambda turn: (organization, {"title": f"turn {turn}"}),
        lambda turn: (policy, {"max_session_age": 600 + turn}),
    )
    with _client(server, member) as client:
        for turn in range(EACH):
            for path, body in ((project, {FLAGS[number]: turn % 2 == 0}), others[number](turn)):
                lost.extend(_lost(client, path, body))


def _lost(client: httpx.Client, path: str, body: dict[str, Any]) -> list[str]:
    """The field whose value is not there although it was acknowledged and nobody else changes it."""
    changed = client.patch(path, json=body)
    assert changed.status_code == 200, changed.text
    found = client.get(path).json()
    return [f"{path.split('/')[2]}.{name}" for name, value in body.items() if found[name] != value]


def _client(server: Loaded, member: Member) -> httpx.Client:
    return httpx.Client(base_url=server.url, headers=member.auth, timeout=60)


TRIALS = tuple(Trial(f"lost-values-{engine}", partial(run, engine)) for engine in ENGINES)

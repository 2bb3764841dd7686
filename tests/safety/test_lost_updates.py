"""Members who change different values of one row at once over two worker processes: none is lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server import RunningServer

MEMBERS, TURNS = 4, 15
Change = tuple[str, dict[str, Any]]


@pytest.fixture
def server(tmp_path: Path, database_settings: dict[str, Any]) -> Iterator[RunningServer]:
    """Two workers, sign-up open."""
    with RunningServer(tmp_path, **database_settings) as running:
        yield running


def scripts(server: RunningServer) -> list[httpx.Client]:
    """A script of each member; the locks of one member's own account would keep their calls apart."""
    found = []
    for number in range(MEMBERS):
        visitor = server.client()
        assert visitor.sign_up(f"member-{number}@example.org").status_code == 302
        token = visitor.http.get("/api/current-user/token").json()["token"]
        found.append(server.client(headers={"Authorization": f"Token {token}"}).http)
    return found


def changes(project: int, task: int, said: int, number: int, turn: int) -> list[Change]:
    """What this member changes in this turn: of each row a value that nobody else changes."""
    flag = ("show_instruction", "show_skip_button", "show_annotation_history", "enable_empty_annotation")[number]
    others: tuple[list[Change], ...] = (
        [(f"/api/tasks/{task}/", {"data": {"turn": turn}}), (f"/api/annotations/{said}/", {"result": [turn]})],
        [(f"/api/tasks/{task}/", {"meta": {"turn": turn}}), (f"/api/annotations/{said}/", {"lead_time": turn + 0.5})],
        [("/api/organizations/1", {"title": f"turn {turn}"}), ("/api/session-policy/", {"max_session_age": 60 + turn})],
        [
            ("/api/organizations/1", {"contact_info": f"t{turn}@example.org"}),
            ("/api/current-user", {"phone": str(turn)}),
        ],
    )
    return [(f"/api/projects/{project}/", {flag: turn % 2 == 0}), *others[number]]


def test_no_value_is_lost(server: RunningServer) -> None:
    members = scripts(server)
    project = members[0].post("/api/projects/", json={"title": "Shared"}).json()["id"]
    task = members[0].post("/api/tasks/", json={"project": project, "data": {}}).json()["id"]
    said = members[0].post(f"/api/tasks/{task}/annotations/", json={"result": []}).json()["id"]

    def work(number: int) -> list[Change]:
        lost = []
        for turn in range(TURNS):
            for path, body in changes(project, task, said, number, turn):
                assert members[number].patch(path, json=body).status_code == 200
                found = members[number].get(path).json()
                lost += [(path, body)] * any(found[name] != value for name, value in body.items())
        return lost

    with ThreadPoolExecutor(MEMBERS) as pool:
        assert [change for lost in pool.map(work, range(MEMBERS)) for change in lost] == []


def test_hotkeys_and_profile_of_one_account_keep_each_other(server: RunningServer) -> None:
    [script, *_] = scripts(server)
    fields = ("first_name", "last_name", "username", "phone")

    def work(number: int) -> list[int]:
        keys = {"custom_hotkeys": {f"annotation:{fields[number]}": {"key": "a"}}}
        sent = [({fields[number]: str(turn)}, keys) for turn in range(TURNS)]
        return [
            script.patch(path, json=body).status_code
            for bodies in sent
            for path, body in zip(("/api/current-user", "/api/current-user/hotkeys/"), bodies, strict=True)
        ]

    with ThreadPoolExecutor(MEMBERS) as pool:
        assert {status for statuses in pool.map(work, range(MEMBERS)) for status in statuses} == {200}
    account = script.get("/api/current-user").json()
    assert [account[name] for name in fields] == [str(TURNS - 1)] * MEMBERS

"""Verbs that lock the same rows, crossed by several sessions and scripts: no deadlock, nothing refused for one."""

import time
from collections import Counter
from collections.abc import Callable
from functools import partial

import httpx

from tests.cast import PASSWORD
from tests.server import Visitor
from tests.torture.load import ENGINES, Loaded, Member, at_once, loaded
from tests.torture.trial import Outcome, Trial

SECONDS = 15


def run(engine: str) -> Outcome:
    """Everybody repeats a verb of their own for a while."""
    statuses: Counter[int] = Counter()
    with loaded(engine) as server:
        alice, bob, carol = (Member.join(server, name) for name in ("alice", "bob", "carol"))
        with httpx.Client(base_url=server.url, headers=alice.auth) as client:
            project = client.post("/api/projects/", json={"title": "Shared"}).json()["id"]
            task = client.post("/api/tasks/", json={"project": project, "data": {"text": "x"}}).json()["id"]
        until = time.monotonic() + SECONDS
        at_once([partial(_repeat, until, one, statuses) for one in _verbs(server, alice, bob, carol, task)])
        deadlocks, failed = server.deadlocks(), server.log.read_text().count("unhandled")
    figures = f"{statuses.total()} verbs: {dict(sorted(statuses.items()))}; {deadlocks} deadlocks, {failed} failed"
    return Outcome(not deadlocks and not failed and not statuses[503] and statuses.total() > 100, figures)


def _repeat(until: float, verb: Callable[[], int], statuses: Counter[int]) -> None:
    while time.monotonic() < until:
        statuses[verb()] += 1


def _verbs(server: Loaded, alice: Member, bob: Member, carol: Member, task: int) -> list[Callable[[], int]]:
    def page(member: Member, path: str, **form: str) -> Callable[[], int]:
        return partial(_page, server, member, path, form)

    def call(member: Member, method: str, path: str, **body: object) -> Callable[[], int]:
        return partial(_call, server, member, method, path, body)

    passwords = {"current_password": PASSWORD, "new_password": f"{PASSWORD} 2", "confirm_password": f"{PASSWORD} 2"}
    return [
        page(bob, "/user/account/sessions/delete-others"),
        page(bob, "/user/account/sessions/delete-others"),
        page(bob, "/user/account/password", **passwords),
        page(bob, "/user/account/password", **passwords),
        page(bob, "/user/account/token/reset"),
        page(alice, f"/people/{carol.id}/deactivation"),
        page(carol, f"/people/{alice.id}/deactivation"),
        partial(_reactivate, server, alice, carol),
        call(bob, "PATCH", "/api/current-user", last_name="B"),
        call(alice, "POST", f"/api/tasks/{task}/annotations/", result=[]),
        call(carol, "PATCH", f"/api/tasks/{task}/", meta={"by": "carol"}),
        partial(_delete_somebody, server, alice),
        partial(_delete_somebody, server, bob),
        partial(_guess, server, bob),
    ]


def _page(server: Loaded, member: Member, path: str, form: dict[str, str]) -> int:
    """From a session of its own, which another may end meanwhile."""
    visitor = Visitor(server.url)
    with visitor.http:
        for password in (PASSWORD, f"{PASSWORD} 2"):
            if visitor.sign_in(member.email, password).status_code == 302:
                break
        else:
            return 422
        try:
            return visitor.post(path, {**form, "current_password": password}, "/user/account/").status_code
        except AssertionError:  # no form: the session has been ended
            return 401


def _call(server: Loaded, member: Member, method: str, path: str, body: dict[str, object]) -> int:
    return httpx.request(method, server.url + path, json=body, headers=member.auth, timeout=60).status_code


def _reactivate(server: Loaded, alice: Member, carol: Member) -> int:
    """By command, as neither of the two may be in."""
    for member in (alice, carol):
        server.flask("user", "activate", "--username", member.email)
    return 200


def _delete_somebody(server: Loaded, member: Member) -> int:
    made = httpx.post(
        f"{server.url}/api/users/",
        json={"email": f"{time.monotonic_ns()}@example.org"},
        headers=member.auth,
        timeout=60,
    )
    if made.status_code != 201:
        return made.status_code
    return _call(server, member, "DELETE", f"/api/users/{made.json()['id']}/", {})


def _guess(server: Loaded, bob: Member) -> int:
    visitor = Visitor(server.url)
    with visitor.http:
        return visitor.sign_in(bob.email, "a wrong guess").status_code


TRIALS = tuple(Trial(f"crossed-verbs-{engine}", partial(run, engine)) for engine in ENGINES)

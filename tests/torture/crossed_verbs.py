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

SECONDS = 20
OTHER = "another, better password"


def run(engine: str) -> Outcome:
    """Everybody repeats a verb of their own for a while, and Bob's three sessions end each other."""
    statuses: Counter[int] = Counter()
    with loaded(engine) as server:
        alice, bob, carol, dora = (Member.join(server, name) for name in ("alice", "bob", "carol", "dora"))
        with httpx.Client(base_url=server.url, headers=alice.auth) as client:
            project = client.post("/api/projects/", json={"title": "Shared"}).json()["id"]
            task = client.post("/api/tasks/", json={"project": project, "data": {"text": "x"}}).json()["id"]
        until = time.monotonic() + SECONDS
        verbs = [*_pages(alice, carol, dora), *_calls(server, alice, bob, task), partial(_three_sessions, server, bob)]
        verbs += [partial(_invite_and_revoke, server, member) for member in (alice, carol)]
        at_once([partial(_repeat, until, verb, statuses) for verb in verbs])
        deadlocks, failed = server.deadlocks(), server.log.read_text().count("unhandled")
    figures = f"{statuses.total()} verbs: {dict(sorted(statuses.items()))}; {deadlocks} deadlocks, {failed} failed"
    return Outcome(not deadlocks and not failed and not statuses[503] and statuses.total() > 100, figures)


def _repeat(until: float, verb: Callable[[], list[int]], statuses: Counter[int]) -> None:
    while time.monotonic() < until:
        statuses.update(verb())


def _pages(alice: Member, carol: Member, dora: Member) -> list[Callable[[], list[int]]]:
    """From sessions that stay."""
    ends = (f"/people/{carol.id}/deactivation", f"/people/{carol.id}/deactivation/delete")
    in_turn = [_form(alice.visitor, path) for path in ends]
    reset, change = (
        _form(dora.visitor, "/user/account/token/reset"),
        _form(dora.visitor, "/user/account/", last_name="D"),
    )
    return [lambda: [form() for form in in_turn], lambda: [reset()], lambda: [change()]]


def _form(visitor: Visitor, path: str, **fields: str) -> Callable[[], int]:
    body = {"csrf_token": visitor.csrf("/user/account/"), **fields}
    return lambda: visitor.http.post(path, data=body).status_code


def _calls(server: Loaded, alice: Member, bob: Member, task: int) -> list[Callable[[], list[int]]]:
    """From scripts."""

    def call(member: Member, method: str, path: str, **body: object) -> Callable[[], list[int]]:
        return lambda: [_send(server, member, method, path, body).status_code]

    return [
        call(bob, "PATCH", "/api/current-user", last_name="B"),
        call(alice, "PATCH", "/api/organizations/1", title="Shared"),
        call(alice, "POST", f"/api/tasks/{task}/annotations/", result=[]),
        call(bob, "PATCH", f"/api/tasks/{task}/", meta={"by": "bob"}),
        *(partial(_make_and_delete, server, member) for member in (alice, bob)),
        *(partial(_personal_token, server, member) for member in (alice, bob)),
    ]


def _send(server: Loaded, member: Member, method: str, path: str, body: dict[str, object]) -> httpx.Response:
    return httpx.request(method, server.url + path, json=body, headers=member.auth, timeout=60)


def _make_and_delete(server: Loaded, member: Member) -> list[int]:
    made = _send(server, member, "POST", "/api/users/", {"email": f"{member.id}-{time.monotonic_ns()}@example.org"})
    return [made.status_code, _send(server, member, "DELETE", f"/api/users/{made.json()['id']}/", {}).status_code]


def _invite_and_revoke(server: Loaded, member: Member) -> list[int]:
    """Carol's invitations end with her, too, whenever she is deactivated."""
    email = f"{member.id}-{time.monotonic_ns()}@example.org"
    made = _send(server, member, "POST", "/api/invite/send-email", {"emails": [email]})
    return [made.status_code, _send(server, member, "POST", "/api/invite/revoke", {"email": email}).status_code]


def _personal_token(server: Loaded, member: Member) -> list[int]:
    made = _send(server, member, "POST", "/api/token/", {})
    ended = _send(server, member, "POST", "/api/token/blacklist/", {"refresh": made.json()["token"]})
    return [made.status_code, ended.status_code]


def _three_sessions(server: Loaded, bob: Member) -> list[int]:
    """Log out everywhere else, change the password, and log out, at once."""
    statuses: list[int] = []
    visitors = [bob.session(server) for _ in range(3)]
    same = {"current_password": PASSWORD, "new_password": OTHER, "confirm_password": OTHER}
    forms = [
        _form(visitors[0], "/user/account/sessions/delete-others"),
        _form(visitors[1], "/user/account/password", **same),
        _form(visitors[2], "/logout"),
    ]
    at_once([partial(lambda form: statuses.append(form()), form) for form in forms])
    server.flask("reset_password", "--username", bob.email, "--password", PASSWORD)
    return statuses


TRIALS = tuple(Trial(f"crossed-verbs-{engine}", partial(run, engine)) for engine in ENGINES)

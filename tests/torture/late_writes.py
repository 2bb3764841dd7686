"""Writes that are under way while their author's way in ends: none is committed behind that end."""

import threading
import time
from collections.abc import Callable
from functools import partial

import httpx

from tests.torture.load import ENGINES, Loaded, Member, at_once, loaded
from tests.torture.trial import Outcome, Trial

ROUNDS, WRITERS = 3, 6


def run(engine: str) -> Outcome:
    """For each way in and each end of it: writers, and the end among them."""
    late, acknowledged, refused = dict[str, int](), 0, 0
    with loaded(engine) as server:
        alice = Member.join(server, "alice")
        for name, (prepare, end, event) in ENDS.items():
            for number in range(ROUNDS):
                bob = Member.join(server, f"{name.replace(' ', '-')}-{number}")
                statuses = _race(server, bob, prepare(server, bob), partial(end, server, alice, bob))
                acknowledged += statuses.count(200)
                refused += len(statuses) - statuses.count(200)
                late[name] = late.get(name, 0) + _late(server, bob, event)
    told = ", ".join(f"{name} {count}" for name, count in late.items())
    figures = f"{acknowledged} writes acknowledged, {refused} refused, {sum(late.values())} admitted late ({told})"
    return Outcome(not any(late.values()) and acknowledged > 0 and refused > 0, figures)


def _race(server: Loaded, bob: Member, headers: dict[str, str], end: Callable[[], object]) -> list[int]:
    statuses: list[int] = []
    stop = threading.Event()

    def write(number: int) -> None:
        with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
            turn = 0
            while not stop.is_set():
                turn += 1
                body = {"first_name": f"{number} {turn}"}
                statuses.append(client.patch("/api/current-user", json=body).status_code)

    def end_it() -> None:
        try:
            time.sleep(0.3)
            end()
            time.sleep(0.3)
        finally:
            stop.set()

    at_once([*(partial(write, number) for number in range(WRITERS)), end_it])
    return statuses


def _late(server: Loaded, bob: Member, event: str) -> int:
    """Both kinds are recorded while the account's row is locked, so their ids are in the order of commits."""
    ordered = "SELECT kind FROM events WHERE target_id = :id ORDER BY id"
    kinds = [kind for (kind,) in server.rows(ordered, id=bob.id)]
    assert event in kinds, kinds
    return kinds[kinds.index(event) :].count("profile_changed")


def _token(_server: Loaded, bob: Member) -> dict[str, str]:
    return bob.auth


def _access(server: Loaded, bob: Member) -> dict[str, str]:
    bob.refresh, access = bob.personal_token(server.url)
    return {"Authorization": f"Bearer {access}"}


def _session(_server: Loaded, bob: Member) -> dict[str, str]:
    token = bob.visitor.csrf("/user/account/")
    cookies = "; ".join(f"{name}={value}" for name, value in bob.visitor.http.cookies.items())
    return {"Cookie": cookies, "X-CSRFToken": token}


def _reset(server: Loaded, _alice: Member, bob: Member) -> None:
    assert httpx.post(f"{server.url}/api/current-user/reset-token/", headers=bob.auth, timeout=60).status_code == 201


def _blacklist(server: Loaded, _alice: Member, bob: Member) -> None:
    body = {"refresh": bob.refresh}
    answer = httpx.post(f"{server.url}/api/token/blacklist/", json=body, headers=bob.auth, timeout=60)
    assert answer.status_code == 204


def _log_out(_server: Loaded, _alice: Member, bob: Member) -> None:
    assert bob.visitor.post("/logout", {}, "/user/account/").status_code == 302


def _deactivate(_server: Loaded, alice: Member, bob: Member) -> None:
    assert alice.visitor.post(f"/people/{bob.id}/deactivation", {}, "/user/account/").status_code == 303


def _delete(server: Loaded, alice: Member, bob: Member) -> None:
    assert httpx.delete(f"{server.url}/api/users/{bob.id}/", headers=alice.auth, timeout=60).status_code == 204


ENDS = {
    "token reset": (_token, _reset, "token_reset"),
    "JWT blacklisted": (_access, _blacklist, "personal_token_blacklisted"),
    "log-out": (_session, _log_out, "logout"),
    "deactivation": (_token, _deactivate, "deactivated"),
    "deletion": (_token, _delete, "deleted"),
}
TRIALS = tuple(Trial(f"late-writes-{engine}", partial(run, engine)) for engine in ENGINES)

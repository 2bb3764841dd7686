"""Side by side over two worker processes: nothing is made twice, nobody is lost, guessing is slowed."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import pytest

from tests.cast import PASSWORD
from tests.pictures import drawing, saved
from tests.server import RunningServer

EMAIL = "anna@example.org"
TOKEN = "races-token-0123456789"
PNG = saved(drawing(), "PNG")
AUTH = {"Authorization": f"Token {TOKEN}"}

Answer = TypeVar("Answer")


@pytest.fixture
def server(tmp_path: Path, database_settings: dict[str, Any]) -> Iterator[RunningServer]:
    """Two workers, sign-up open, Anna there."""
    account = {"USERNAME": EMAIL, "PASSWORD": PASSWORD, "USER_TOKEN": TOKEN}
    with RunningServer(tmp_path, **account, **database_settings) as running:
        yield running


@pytest.fixture
def closed_server(tmp_path: Path, database_settings: dict[str, Any]) -> Iterator[RunningServer]:
    """The same, with sign-up closed."""
    settings = {"DISABLE_SIGNUP_WITHOUT_LINK": "true", "USERNAME": EMAIL, "PASSWORD": PASSWORD, "USER_TOKEN": TOKEN}
    with RunningServer(tmp_path, **settings, **database_settings) as running:
        yield running


def at_once(number: int, work: Callable[[int], Answer]) -> list[Answer]:
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(work, range(number)))


def test_twenty_sign_up_with_one_email_and_one_account_is_made(server: RunningServer) -> None:
    visitors = [server.client() for _ in range(20)]
    tokens = [visitor.csrf("/user/signup/") for visitor in visitors]

    def sign_up(number: int) -> int:
        form = {"csrf_token": tokens[number], "email": "same@example.org", "password": PASSWORD}
        return visitors[number].http.post("/user/signup/", data=form).status_code

    statuses = Counter(at_once(20, sign_up))
    assert statuses == {302: 1, 422: 19}
    people = httpx.get(f"{server.url}/api/users/", headers=AUTH).json()
    assert [person["email"] for person in people].count("same@example.org") == 1
    assert httpx.get(f"{server.url}/api/organizations/1/memberships", headers=AUTH).json()["count"] == len(people) == 2


def test_of_ten_members_who_take_one_email_one_gets_it(server: RunningServer) -> None:
    members = [server.client() for _ in range(10)]
    for number, member in enumerate(members):
        assert member.sign_up(f"member{number}@example.org").status_code == 302
    tokens = [member.csrf("/user/account/") for member in members]

    def take(number: int) -> int:
        form = {"csrf_token": tokens[number], "email": "same@example.org", "current_password": PASSWORD}
        return members[number].http.post("/user/account/email", data=form).status_code

    assert Counter(at_once(10, take)) == {303: 1, 422: 9}
    people = httpx.get(f"{server.url}/api/users/", headers=AUTH).json()
    assert [person["email"] for person in people].count("same@example.org") == 1
    assert len(people) == 11


def test_of_twenty_resets_one_link_lives(closed_server: RunningServer) -> None:
    def reset(_number: int) -> str:
        answer = httpx.post(f"{closed_server.url}/api/invite/reset-token", headers=AUTH, timeout=30)
        assert answer.status_code == 201
        token: str = answer.json()["token"]
        return token

    tokens = at_once(20, reset)
    statuses = [httpx.get(f"{closed_server.url}/user/signup/", params={"token": token}).status_code for token in tokens]
    assert len(set(tokens)) == 20
    assert Counter(statuses) == {403: 19, 200: 1}


def test_of_twenty_who_use_one_invitation_one_gets_in(closed_server: RunningServer) -> None:
    made = httpx.post(f"{closed_server.url}/api/invitations/", json={"uses": 1}, headers=AUTH).json()
    url = urlsplit(made["invitations"][0]["url"])
    page, visitors = f"{url.path}?{url.query}", [closed_server.client() for _ in range(20)]
    tokens = [visitor.csrf(page) for visitor in visitors]

    def sign_up(number: int) -> int:
        form = {"csrf_token": tokens[number], "email": f"p{number}@example.org", "password": PASSWORD}
        return visitors[number].http.post(page, data=form).status_code

    assert Counter(at_once(20, sign_up)) == {302: 1, 410: 19}
    assert httpx.get(f"{closed_server.url}/api/organizations/1/memberships", headers=AUTH).json()["count"] == 2


def test_two_who_deactivate_each_other_leave_one(server: RunningServer) -> None:
    bob = server.client()
    assert bob.sign_up("bob@example.org").status_code == 302
    anna = server.client()
    assert anna.sign_in(EMAIL).status_code == 302
    plans = [(anna, 2), (bob, 1)]
    tokens = [visitor.csrf("/user/account/") for visitor, _target in plans]

    def deactivate(number: int) -> int:
        visitor, target = plans[number]
        return visitor.http.post(f"/people/{target}/deactivation", data={"csrf_token": tokens[number]}).status_code

    at_once(2, deactivate)
    still_in = [visitor for visitor, _ in plans if visitor.http.get("/people/").status_code == 200]
    assert len(still_in) == 1


def test_counts_survive_writers_side_by_side(server: RunningServer) -> None:
    project = httpx.post(f"{server.url}/api/projects/", json={"title": "Shared"}, headers=AUTH).json()["id"]
    task = httpx.post(
        f"{server.url}/api/tasks/", json={"project": project, "data": {"text": "x"}}, headers=AUTH
    ).json()["id"]

    def annotate(_number: int) -> int:
        url = f"{server.url}/api/tasks/{task}/annotations/"
        return sum(httpx.post(url, json={"result": []}, headers=AUTH, timeout=60).status_code == 201 for _ in range(10))

    assert sum(at_once(8, annotate)) == 80
    member = httpx.get(f"{server.url}/api/organizations/1/memberships/1/", headers=AUTH).json()
    assert member["annotations_count"] == 80


def test_of_eight_who_use_one_set_password_link_one_sets_it(server: RunningServer) -> None:
    made = httpx.post(f"{server.url}/api/users/", json={"email": "bob@example.org"}, headers=AUTH).json()
    path = urlsplit(made["set_password_url"]).path
    visitors = [server.client() for _ in range(8)]
    tokens = [visitor.csrf(path) for visitor in visitors]

    def use(number: int) -> int:
        form = {"csrf_token": tokens[number], "password": f"password of visitor {number}"}
        return visitors[number].http.post(path, data=form).status_code

    statuses = at_once(8, use)
    assert Counter(statuses) == {303: 1, 404: 7}
    won = statuses.index(303)
    signed_in = [server.client().sign_in("bob@example.org", f"password of visitor {n}").status_code for n in range(8)]
    assert signed_in.index(302) == won
    assert signed_in.count(302) == 1


def test_no_write_is_lost_among_others_to_the_same_row(server: RunningServer) -> None:
    def change(number: int) -> list[int]:
        field = ("first_name", "last_name", "phone", "username")[number % 4]
        statuses = []
        for turn in range(10):
            body = {field: f"{field} {number} {turn}"}
            statuses.append(
                httpx.patch(f"{server.url}/api/current-user", json=body, headers=AUTH, timeout=60).status_code
            )
            files = {"avatar": ("me.png", PNG, "image/png")}
            url = f"{server.url}/api/users/1/avatar/"
            statuses.append(httpx.post(url, files=files, headers=AUTH, timeout=60).status_code)
        return statuses

    assert {status for statuses in at_once(4, change) for status in statuses} == {200}
    user = httpx.get(f"{server.url}/api/current-user", headers=AUTH).json()
    assert [user[field] for field in ("first_name", "last_name", "phone", "username")] == [
        "first_name 0 9", "last_name 1 9", "phone 2 9", "username 3 9",
    ]  # fmt: skip
    [events] = httpx.get(f"{server.url}/api/activity-logs/?event=profile_changed", headers=AUTH).json()
    assert events["recordsFiltered"] == 40


def test_guessing_one_account_is_slowed_but_its_owner_elsewhere_is_not(server: RunningServer) -> None:
    def guess(number: int) -> int:
        return server.client().sign_in(EMAIL, f"wrong guess {number}").status_code

    assert guess(0) == 422
    statuses = Counter(at_once(8, lambda worker: guess(worker + 1)))
    for number in range(22):
        statuses[guess(number + 10)] += 1
    assert statuses[429] > 0
    assert sum(statuses.values()) == 30
    elsewhere = server.client(transport=httpx.HTTPTransport(local_address="127.0.0.9"))
    assert elsewhere.sign_in(EMAIL).status_code == 302


def test_guessing_many_accounts_from_one_address_is_slowed(server: RunningServer) -> None:
    visitor = server.client()
    token = visitor.csrf("/user/login/")
    statuses = Counter(
        visitor.http.post(
            "/user/login/", data={"csrf_token": token, "email": f"p{number}@example.org", "password": "wrong guess"}
        ).status_code
        for number in range(100)
    )
    assert statuses[429] > 0
    assert statuses[422] > 0

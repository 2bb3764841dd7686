"""/api/organizations/1/memberships: the list in pages, and single members."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from ls.accounts import deletion
from ls.blueprints.api.operation import validate
from ls.blueprints.api.schemas import Paged
from ls.db.transaction import write
from ls.models import User
from tests.api.conftest import NOT_FOUND, Script, each
from tests.api.test_users import USER
from tests.cast import Cast, Person
from tests.factories import a_project, a_task, an_annotation

LIST = "/api/organizations/1/memberships"


@pytest.fixture
def team(cast: Cast, alice: Person) -> list[Person]:
    """Alice Young, Bob Adams, Charlie, and Dora, whose account was deleted."""
    others = [("bob", "Bob", "Adams"), ("charlie", "", ""), ("dora", "Dora", "Left")]
    people = [cast.person(name, sign_in=False, first_name=first, last_name=last) for name, first, last in others]
    return [alice, *people]


def ids(page: Any) -> list[int]:
    return [one["user"]["id"] for one in page["results"]]


def test_a_page_reads_as_the_contract_says(alice_api: Script, team: list[Person]) -> None:
    page = alice_api.get(LIST)
    assert page.keys() == {"count", "next", "previous", "results"}
    assert (page["count"], page["next"], page["previous"]) == (4, None, None)
    for one in page["results"]:
        assert one.keys() == {"id", "organization", "user"}
        assert one["organization"] == 1
        assert one["user"].keys() == USER | {"created_projects", "contributed_to_projects"}


def test_pages_link_to_next_and_previous_and_past_the_end_is_empty(alice_api: Script, team: list[Person]) -> None:
    seen: list[int] = []
    path: str | None = f"{LIST}?page_size=3&ordering=id&search=%40"
    while path:
        page = alice_api.get(path)
        seen += ids(page)
        path = page["next"] and page["next"].removeprefix("http://localhost")
    assert seen == [person.id for person in team]
    assert page["previous"].removeprefix("http://localhost") == f"{LIST}?page_size=3&ordering=id&search=%40&page=1"
    for number in (3, 4, 10**7 + 1, 10**30):
        page = alice_api.get(f"{LIST}?page_size=3&page={number}")
        assert (page["results"], page["count"], page["next"]) == ([], 4, None)


def test_links_keep_the_query_and_the_host(alice_api: Script, team: list[Person]) -> None:
    following = urlsplit(alice_api.get(f"{LIST}?search=e&page_size=1")["next"])
    assert (following.netloc, following.path) == ("localhost", LIST)
    assert (following.query, following.fragment) == ("search=e&page_size=1&page=2", "")


@each("size", ["0", "-1", "x", "", "1.5"])
def test_page_sizes_are_whole_numbers_from_1(alice_api: Script, size: str) -> None:
    assert list(alice_api.get(f"{LIST}?page_size={size}", 400)["validation_errors"]) == ["page_size"]


def test_the_largest_and_the_smallest_page(alice_api: Script, team: list[Person]) -> None:
    assert len(alice_api.get(f"{LIST}?page_size=1000")["results"]) == 4
    assert len(alice_api.get(f"{LIST}?page_size=1")["results"]) == 1


@each("size", [1001, 5000, 10**30])
def test_a_page_size_above_1000_is_taken_as_1000(alice_api: Script, team: list[Person], size: int) -> None:
    assert len(alice_api.get(f"{LIST}?page_size={size}")["results"]) == 4
    assert validate({"page_size": str(size)}, Paged).page_size == 1000


@each("page", ["0", "-1", "x"])
def test_pages_are_counted_from_1(alice_api: Script, page: str) -> None:
    assert list(alice_api.get(f"{LIST}?page={page}", 400)["validation_errors"]) == ["page"]


@each(
    "search,found",
    [
        ("adams", [2]),
        ("BOB@", [2]),
        ("charlie", [3]),
        ("e", [1, 2, 3, 4]),
        ("", [1, 2, 3, 4]),
        ("100%25", []),
        ("x" * 254, []),
    ],
)
def test_search_by_any_part_of_email_and_name(
    alice_api: Script, team: list[Person], search: str, found: list[int]
) -> None:
    page = alice_api.get(f"{LIST}?search={search}")
    assert (ids(page), page["count"]) == (found, len(found))
    assert alice_api.get(f"{LIST}?search={search}&page=2")["results"] == []


@each(
    "ordering,order",
    [
        ("id", [1, 2, 3, 4]),
        ("-id", [4, 3, 2, 1]),
        ("email", [1, 2, 3, 4]),
        ("-user__email", [4, 3, 2, 1]),
        ("name", [1, 2, 3, 4]),
        ("-user__first_name", [4, 3, 2, 1]),
        ("", [1, 2, 3, 4]),
    ],
)
def test_ordering(alice_api: Script, team: list[Person], ordering: str, order: list[int]) -> None:
    assert ids(alice_api.get(f"{LIST}?ordering={ordering}")) == order


@each("ordering", ["password_hash", "email_key", "--email", "-", "id,email", "user__password"])
def test_a_secret_column_cannot_be_ordered_by(alice_api: Script, ordering: str) -> None:
    assert list(alice_api.get(f"{LIST}?ordering={ordering}", 400)["validation_errors"]) == ["ordering"]


def test_projects_are_included_only_on_request(app: Flask, alice_api: Script, team: list[Person]) -> None:
    with app.app_context():
        project = a_project(2, "Photos")
        task = a_task(project)
        an_annotation(task, 3)
        an_annotation(task, 3, was_cancelled=True)
    title = {"id": project, "title": "Photos"}
    told = {one["user"]["id"]: one["user"] for one in alice_api.get(f"{LIST}?contributed_to_projects=1")["results"]}
    assert [told[number]["created_projects"] for number in (1, 2, 3)] == [[], [title], []]
    assert [told[number]["contributed_to_projects"] for number in (1, 2, 3)] == [[], [], [title]]
    untold = alice_api.get(LIST)["results"][1]["user"]
    assert (untold["created_projects"], untold["contributed_to_projects"]) == (None, None)


def test_a_single_membership_has_totals(app: Flask, alice_api: Script, team: list[Person]) -> None:
    with app.app_context():
        first, second = a_project(2, "First"), a_project(1, "Second")
        for project in (first, second, second):
            an_annotation(a_task(project), 2)
    member = alice_api.get(f"{LIST}/2/")
    assert member == {
        "user": 2,
        "organization": 1,
        "contributed_projects_count": 2,
        "annotations_count": 3,
        "created_at": alice_api.get("/api/users/2/")["date_joined"],
        "created_projects": [{"id": first, "title": "First"}],
        "contributed_to_projects": [{"id": first, "title": "First"}, {"id": second, "title": "Second"}],
    }


def test_deactivated_members_stay_in_the_list(app: Flask, alice_api: Script, team: list[Person]) -> None:
    with app.app_context(), write():
        deletion.deactivate(User.find(2))
    assert ids(alice_api.get(LIST)) == [1, 2, 3, 4]
    assert alice_api.get(f"{LIST}/2/")["user"] == 2


def test_a_deleted_member_is_no_longer_in_the_list(alice_api: Script, team: list[Person]) -> None:
    alice_api.send("DELETE", f"{LIST}/2/", status=204)
    page = alice_api.get(LIST)
    assert (ids(page), page["count"]) == ([1, 3, 4], 3)
    for method in ("GET", "DELETE"):
        answer = alice_api.call(method, f"{LIST}/2/")
        assert (answer.status_code, answer.json) == (404, NOT_FOUND)
    assert alice_api.get("/api/organizations/1")["users"] == [1, 3, 4]
    assert "bob" not in str(alice_api.get("/api/users/"))


def test_deleting_ones_own_account_is_405(alice_api: Script, team: list[Person]) -> None:
    assert list(alice_api.send("DELETE", f"{LIST}/1/", status=405)) == ["detail"]
    assert ids(alice_api.get(LIST)) == [1, 2, 3, 4]


def test_another_organization_has_no_members(alice_api: Script, team: list[Person]) -> None:
    for path in ("/api/organizations/2/memberships", "/api/organizations/2/memberships/1/"):
        assert alice_api.get(path, 404) == NOT_FOUND
    assert alice_api.send("DELETE", "/api/organizations/2/memberships/2/", status=404) == NOT_FOUND
    assert len(alice_api.get("/api/users/")) == 4

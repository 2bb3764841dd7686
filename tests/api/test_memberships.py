"""/api/organizations/1/memberships: who is in, page by page, and one by one."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from ls.db.transaction import write
from ls.models import User
from tests.api.conftest import NOT_FOUND, Script, each
from tests.api.test_users import USER
from tests.cast import Cast, Person
from tests.factories import a_project, a_task, an_annotation

LIST = "/api/organizations/1/memberships"


@pytest.fixture
def team(cast: Cast, alice: Person) -> list[Person]:
    """Alice Young, Bob Adams, Charlie: four with Dora, who has left."""
    others = [("bob", "Bob", "Adams"), ("charlie", "", ""), ("dora", "Dora", "Left")]
    people = [cast.person(name, sign_in=False, first_name=first, last_name=last) for name, first, last in others]
    return [alice, *people]


def ids(page: Any) -> list[int]:
    return [one["user"]["id"] for one in page["results"]]


def test_a_page_reads_as_the_contract_says(hers: Script, team: list[Person]) -> None:
    page = hers.get(LIST)
    assert page.keys() == {"count", "next", "previous", "results"}
    assert (page["count"], page["next"], page["previous"]) == (4, None, None)
    for one in page["results"]:
        assert one.keys() == {"id", "organization", "user"}
        assert one["organization"] == 1
        assert one["user"].keys() == USER | {"created_projects", "contributed_to_projects"}


def test_pages_lead_on_and_back_and_past_the_end_is_empty(hers: Script, team: list[Person]) -> None:
    seen: list[int] = []
    path: str | None = f"{LIST}?page_size=3&ordering=id&unknown=a%26b"
    while path:
        page = hers.get(path)
        seen += ids(page)
        path = page["next"] and page["next"].removeprefix("http://localhost")
    assert seen == [person.id for person in team]
    assert page["previous"].removeprefix("http://localhost") == f"{LIST}?page_size=3&ordering=id&unknown=a%26b&page=1"
    for number in (3, 4, 10**7 + 1, 10**30):
        page = hers.get(f"{LIST}?page_size=3&page={number}")
        assert (page["results"], page["count"], page["next"]) == ([], 4, None)


@each("name", ["_external", "_anchor", "_scheme", "_method", "endpoint", "organization_id", "self"])
def test_links_keep_what_was_asked_and_lead_nowhere_else(hers: Script, team: list[Person], name: str) -> None:
    following = urlsplit(hers.get(f"{LIST}?{name}=2&page_size=1")["next"])
    assert (following.netloc, following.path) == ("localhost", LIST)
    assert (following.query, following.fragment) == (f"{name}=2&page_size=1&page=2", "")


@each("size", ["0", "-1", "1001", "x", "", "1.5"])
def test_page_sizes_are_1_to_1000(hers: Script, size: str) -> None:
    assert list(hers.get(f"{LIST}?page_size={size}", 400)["validation_errors"]) == ["page_size"]


def test_the_largest_and_the_smallest_page(hers: Script, team: list[Person]) -> None:
    assert len(hers.get(f"{LIST}?page_size=1000")["results"]) == 4
    assert len(hers.get(f"{LIST}?page_size=1")["results"]) == 1


@each("page", ["0", "-1", "x"])
def test_pages_are_counted_from_1(hers: Script, page: str) -> None:
    assert list(hers.get(f"{LIST}?page={page}", 400)["validation_errors"]) == ["page"]


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
    hers: Script, team: list[Person], search: str, found: list[int]
) -> None:
    page = hers.get(f"{LIST}?search={search}")
    assert (ids(page), page["count"]) == (found, len(found))
    assert hers.get(f"{LIST}?search={search}&page=2")["results"] == []


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
def test_ordering(hers: Script, team: list[Person], ordering: str, order: list[int]) -> None:
    assert ids(hers.get(f"{LIST}?ordering={ordering}")) == order


@each("ordering", ["password_hash", "email_key", "--email", "-", "id,email", "user__password"])
def test_nothing_secret_orders_the_list(hers: Script, ordering: str) -> None:
    assert list(hers.get(f"{LIST}?ordering={ordering}", 400)["validation_errors"]) == ["ordering"]


def test_what_each_made_is_told_where_it_is_asked_for(app: Flask, hers: Script, team: list[Person]) -> None:
    with app.app_context():
        project = a_project(2, "Hers")
        task = a_task(project)
        an_annotation(task, 3)
        an_annotation(task, 3, was_cancelled=True)
    title = {"id": project, "title": "Hers"}
    told = {one["user"]["id"]: one["user"] for one in hers.get(f"{LIST}?contributed_to_projects=1")["results"]}
    assert [told[number]["created_projects"] for number in (1, 2, 3)] == [[], [title], []]
    assert [told[number]["contributed_to_projects"] for number in (1, 2, 3)] == [[], [], [title]]
    untold = hers.get(LIST)["results"][1]["user"]
    assert (untold["created_projects"], untold["contributed_to_projects"]) == (None, None)


def test_one_membership_with_its_sums(app: Flask, hers: Script, team: list[Person]) -> None:
    with app.app_context():
        first, second = a_project(2, "First"), a_project(1, "Second")
        for project in (first, second, second):
            an_annotation(a_task(project), 2)
    member = hers.get(f"{LIST}/2/")
    assert member == {
        "user": 2,
        "organization": 1,
        "contributed_projects_count": 2,
        "annotations_count": 3,
        "created_at": hers.get("/api/users/2/")["date_joined"],
        "created_projects": [{"id": first, "title": "First"}],
        "contributed_to_projects": [{"id": first, "title": "First"}, {"id": second, "title": "Second"}],
    }


def test_deactivated_people_stay_in_the_list(app: Flask, hers: Script, team: list[Person]) -> None:
    with app.app_context(), write():
        User.find(2).deactivate()
    assert ids(hers.get(LIST)) == [1, 2, 3, 4]
    assert hers.get(f"{LIST}/2/")["user"] == 2


def test_delete_leaves_a_tombstone_and_the_person_is_gone_from_the_list(hers: Script, team: list[Person]) -> None:
    hers.send("DELETE", f"{LIST}/2/", status=204)
    page = hers.get(LIST)
    assert (ids(page), page["count"]) == ([1, 3, 4], 3)
    for method in ("GET", "DELETE"):
        answer = hers.call(method, f"{LIST}/2/")
        assert (answer.status_code, answer.json) == (404, NOT_FOUND)
    assert hers.get("/api/organizations/1")["users"] == [1, 3, 4]
    assert "bob" not in str(hers.get("/api/users/"))


def test_nobody_deletes_herself(hers: Script, team: list[Person]) -> None:
    assert list(hers.send("DELETE", f"{LIST}/1/", status=405)) == ["detail"]
    assert ids(hers.get(LIST)) == [1, 2, 3, 4]


def test_another_organization_has_no_members(hers: Script, team: list[Person]) -> None:
    for path in ("/api/organizations/2/memberships", "/api/organizations/2/memberships/1/"):
        assert hers.get(path, 404) == NOT_FOUND
    assert hers.send("DELETE", "/api/organizations/2/memberships/2/", status=404) == NOT_FOUND
    assert len(hers.get("/api/users/")) == 4

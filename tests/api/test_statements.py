"""No list of the API asks the database more often because it is longer, and pages of people cost the same anywhere."""

from typing import Any

import pytest
from flask import Flask

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Event, Organization, User
from tests.api.conftest import Script, each
from tests.cast import Person
from tests.factories import a_project, a_task, an_annotation
from tests.safety.routes import calls
from tests.statements import statements

# Every GET that answers no list, so that a new route is counted unless somebody says here that it is none.
SINGLE = {
    "api.get_annotation",
    "api.get_current_user",
    "api.get_hotkeys",
    "api.get_invite",
    "api.get_jwt_settings",
    "api.get_policy",
    "api.get_project",
    "api.get_token",
    "api.get_user",
    "api.whoami",
}
MORE = {
    "api.list_members": "?contributed_to_projects=1&search=e&ordering=-user__email&page_size=1000",
    "api.list_tasks": "?fields=all&project=1&only_annotated=1&page_size=1000",
    "api.list_projects": "?title=p&ordering=title&page_size=1000",
    "api.list_activity": "?page_size=1000&event=user_created",
}


def grow(app: Flask, number: int) -> None:
    """So many more of everything a list can hold, each person with work of her own."""
    with app.app_context():
        with write() as session:
            people = [User(email=f"p{n}@example.org", email_key=f"p{n}.{number}@example.org") for n in range(number)]
            session.add_all(people)
            session.flush()
            session.add_all(Event(kind="user_created", actor_id=person.id) for person in people)
            Organization.lock().active_members += number
            ids = [person.id for person in people]
        projects = [a_project(person, f"Project of {person}") for person in (*ids, *[1] * number)]
        tasks = [a_task(project) for project in projects] + [a_task(1) for _ in ids]
        for task in (1, *tasks):
            for person in (1, ids[-1]):
                an_annotation(task, person)


def lists(app: Flask) -> list[str]:
    """Every list of the API, bare and with everything that can be asked of it."""
    found = [call for call in calls(app) if call.is_api and call.method == "GET" and call.endpoint not in SINGLE]
    return [call.path for call in found] + [call.path + MORE[call.endpoint] for call in found if call.endpoint in MORE]


def test_the_number_of_statements_does_not_depend_on_the_length(
    app: Flask, hers: Script, task: dict[str, Any]
) -> None:
    asked: dict[str, list[int]] = {}
    lengths: dict[str, list[int]] = {}
    for number in (3, 27):
        grow(app, number)
        for path in lists(app):
            hers.get(path)
            with statements(app) as seen:
                answer = hers.call("GET", path)
            asked.setdefault(path, []).append(len(seen))
            lengths.setdefault(path, []).append(len(answer.get_data()))
    assert {path: counts for path, counts in asked.items() if counts[0] != counts[1] or counts[0] > 8} == {}
    constant = {path for path, (short, long) in lengths.items() if long <= short}
    assert constant == {"/api/organizations/", "/api/token/"}  # of these there is one


@pytest.mark.sqlite
@each("ordering", ["id", "-id", "email", "-user__email", "name", "-name", "-last_activity"])
def test_pages_of_people_are_read_from_an_index_alone(app: Flask, hers: Script, ordering: str) -> None:
    if len(hers.get("/api/users/")) == 1:
        grow(app, 9)
    for page in (1, 2, 5):
        with statements(app) as seen:
            hers.get(f"/api/organizations/1/memberships?page_size=2&page={page}&ordering={ordering}")
        assert not [statement for statement, _ in seen if "count(" in statement]
        [(window, values)] = [(statement, values) for statement, values in seen if "OFFSET" in statement]
        steps = plan(app, window, values)
        assert "users USING COVERING INDEX" in steps, (page, steps)
        assert "TEMP B-TREE" not in steps, (page, steps)


@pytest.mark.sqlite
def test_with_somebody_deactivated_no_page_is_sorted_either(app: Flask, hers: Script, bob: Person) -> None:
    grow(app, 9)
    with app.app_context(), write():
        User.find(bob.id).deactivate()
    for ordering in ("id", "-email", "name", "-last_activity"):
        with statements(app) as seen:
            hers.get(f"/api/organizations/1/memberships?page_size=2&ordering={ordering}")
        [(window, values)] = [(statement, values) for statement, values in seen if "OFFSET" in statement]
        assert "TEMP B-TREE" not in plan(app, window, values), ordering


def test_many_annotations_at_once_are_a_few_statements(app: Flask, hers: Script, task: dict[str, Any]) -> None:
    asked: list[list[str]] = []
    for number in (3, 300):
        with statements(app) as seen:
            hers.send("POST", "/api/annotations/bulk/", {"tasks": [task["id"]] * number, "result": []}, 201)
        # SQLite gives the ids in order only for rows put in one by one
        asked.append([statement for statement, _ in seen if not statement.startswith("INSERT INTO annotations")])
    assert len(asked[0]) == len(asked[1])


@pytest.mark.sqlite
def test_a_search_of_people_reads_the_index_of_words(app: Flask, hers: Script, bob: Person) -> None:
    with statements(app) as seen:
        hers.get("/api/organizations/1/memberships?search=bob@")
    found = [plan(app, statement, values) for statement, values in seen if "people_search" in statement]
    assert found
    assert not [steps for steps in found if "SCAN users\n" in f"{steps}\n"]


def plan(app: Flask, statement: str, values: Any) -> str:
    """How SQLite would answer it."""
    with app.app_context(), db.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return "\n".join(str(row[3]) for row in rows)

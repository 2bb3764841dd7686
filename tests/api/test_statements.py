"""The number of statements of a list does not depend on its length. Plans: tests/queries/test_plans.py."""

from typing import Any

from flask import Flask

from ls.db.transaction import write
from ls.models import Event, Invitation, Organization, User
from ls.projects.deletion import delete_project
from tests.api.conftest import Script
from tests.factories import a_project, a_task, an_annotation
from tests.safety.routes import calls
from tests.statements import statements

# Every GET that does not answer with a list. A new route counts as a list unless it is added here.
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
    "api.get_version",
    "api.whoami",
}
MORE = {
    "api.list_members": "?contributed_to_projects=1&search=e&ordering=-user__email&page_size=1000",
    "api.list_tasks": "?fields=all&project=1&only_annotated=1&page_size=1000",
    "api.list_projects": "?title=p&ordering=title&page_size=1000",
    "api.list_activity": "?page_size=1000&event=user_created",
}


def grow(app: Flask, number: int) -> None:
    """Add so many of everything that lists contain, each user with their own work."""
    with app.app_context():
        with write() as session:
            people = [User(email=f"p{n}@example.org", email_key=f"p{n}.{number}@example.org") for n in range(number)]
            session.add_all(people)
            session.flush()
            session.add_all(Event(kind="user_created", actor_id=person.id) for person in people)
            session.add_all(Invitation(created_by=person, uses=1) for person in people)
            Organization.lock_for_update().active_members += number
            ids = [person.id for person in people]
        projects = [a_project(person, f"Project of {person}") for person in (*ids, *[1] * number)]
        for project in (a_project(1, "Deleted") for _ in ids):
            with write():
                delete_project(project)
        tasks = [a_task(project) for project in projects] + [a_task(1) for _ in ids]
        for task in (1, *tasks):
            for person in (1, ids[-1]):
                an_annotation(task, person)


def lists(app: Flask) -> list[str]:
    """Every list of the API, without and with all its parameters."""
    found = [call for call in calls(app) if call.is_api and call.method == "GET" and call.endpoint not in SINGLE]
    return [call.path for call in found] + [call.path + MORE[call.endpoint] for call in found if call.endpoint in MORE]


def test_the_number_of_statements_does_not_depend_on_the_length(
    app: Flask, alice_api: Script, task: dict[str, Any]
) -> None:
    asked: dict[str, list[int]] = {}
    lengths: dict[str, list[int]] = {}
    for number in (3, 27):
        grow(app, number)
        for path in lists(app):
            alice_api.get(path)
            with statements(app) as seen:
                answer = alice_api.call("GET", path)
            asked.setdefault(path, []).append(len(seen))
            lengths.setdefault(path, []).append(len(answer.get_data()))
    assert {path: counts for path, counts in asked.items() if counts[0] != counts[1] or counts[0] > 8} == {}
    constant = {path for path, (short, long) in lengths.items() if long <= short}
    assert constant == {"/api/organizations/", "/api/token/", "/api/invitations/1/"}  # each has one item


def test_a_page_of_members_needs_no_counting_statement(app: Flask, alice_api: Script) -> None:
    grow(app, 9)
    for page in (1, 2, 5):
        with statements(app) as seen:
            alice_api.get(f"/api/organizations/1/memberships?page_size=2&page={page}")
        assert not [statement for statement, _ in seen if "count(" in statement]


def test_many_annotations_at_once_are_a_few_statements(app: Flask, alice_api: Script, task: dict[str, Any]) -> None:
    asked: list[list[str]] = []
    for number in (3, 300):
        with statements(app) as seen:
            alice_api.send("POST", "/api/annotations/bulk/", {"tasks": [task["id"]] * number, "result": []}, 201)
        # SQLite returns the ids in order only for rows inserted one by one
        asked.append([statement for statement, _ in seen if not statement.startswith("INSERT INTO annotations")])
    assert len(asked[0]) == len(asked[1])

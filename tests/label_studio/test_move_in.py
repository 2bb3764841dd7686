"""`roster import-label-studio`: everybody logs in as before, every script and link goes on, on every release."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from ls.db.extensions import db
from ls.models import (
    Annotation,
    ApiToken,
    Avatar,
    Contribution,
    Event,
    Organization,
    PersonalToken,
    Project,
    Task,
    User,
)
from tests.cast import Browser, Cast
from tests.databases import any_postgres
from tests.factories import a_project, a_task, an_annotation
from tests.label_studio.installations import (
    DATA,
    POSTGRESQL,
    RELEASES,
    SECOND_ANNA,
    expected,
    move_in,
    on_postgresql,
    rows,
    unpacked,
)

LOG_IN = ("olga.owner@example.org", "jose.nandu@example.org", "frozen@example.org")  # each costs a million rounds
MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[str]:
    with any_postgres() as url:
        yield url


@contextmanager
def installation(release: str, folder: Path, server: Callable[[], str]) -> Iterator[tuple[Path | str, list[str]]]:
    """The source of that release, and the options to read it with."""
    if release == POSTGRESQL:
        with on_postgresql(server()) as url:
            beside = DATA / release
            yield url, ["--media", str(beside / "media"), "--secret-key-file", str(beside / "env")]
        return
    yield unpacked(release, folder), []


@pytest.mark.parametrize("release", [*RELEASES, POSTGRESQL])
def test_everything_arrives_as_it_was(app: Flask, tmp_path: Path, release: str, request: pytest.FixtureRequest) -> None:
    known = expected(release)
    with installation(release, tmp_path, lambda: request.getfixturevalue("postgres_server")) as (source, options):
        said = move_in(app, source, *options, *SECOND_ANNA, "--json")
        assert (said.exit_code, said.stderr) == (0, "")
        assert_work_is_the_same(app, source)
    report = json.loads(said.stdout)
    assert_people(app, known)
    assert_tokens(app, known)
    assert_logins(app, known)
    assert_counts(app, known, report)
    assert_ids_go_on(app)
    assert {name: report["left"].get(name, 0) for name in known["not_brought"]} == known["not_brought"]
    assert report["tasks_with_files_elsewhere"] == {"/data/upload/": 1}
    with app.app_context():
        [event] = db.session.scalars(select(Event).where(Event.kind == "moved_in"))
        assert event.detail == {"people": 15, "projects": 6, "tasks": 40, "annotations": 41}


def assert_people(app: Flask, known: Any) -> None:
    script = app.test_client(use_cookies=False)
    owner = {"Authorization": f"Token {known['accounts'][0]['token']}"}
    with app.app_context():
        users = {user.id: user for user in db.session.scalars(select(User))}
        organization = Organization.get()
        statuses = {str(number): user.status for number, user in users.items()}
        assert statuses.pop("17") == "deleted"  # for the lost authors
        assert statuses == known["statuses"]
        living = [number for number, user in users.items() if user.status != "deleted"]
        assert [number for number in living if users[number].password_hash] == [
            number for number in known["has_password"] if number in living
        ]
        assert [number for number in living if users[number].avatar_name] == [
            number for number in known["has_picture"] if number in living
        ]
        deleted = [number for number in users if number not in living]
        for credential in (ApiToken, PersonalToken, Avatar):
            assert set(db.session.scalars(select(credential.user_id))).isdisjoint(deleted)
        assert (organization.title, organization.created_by_id) == ("Sägewerk Labelling 标注组 & Co", 1)
    for number, there in known["whoami"].items():
        if int(number) in living:
            here = script.get(f"/api/users/{number}/", headers=owner).json
            same = there.keys() - {"last_activity"}  # the owner's own is noted by these calls
            assert {name: here[name] for name in same} == {name: there[name] for name in same}
            assert number == "1" or here["last_activity"] == there["last_activity"]


def assert_tokens(app: Flask, known: Any) -> None:
    script = app.test_client(use_cookies=False)
    for account in known["accounts"]:
        works = known["statuses"].get(str(account["id"])) == "active"
        answer = script.get("/api/current-user/whoami", headers={"Authorization": f"Token {account['token']}"})
        assert answer.status_code == (200 if works else 401), account
        assert not works or answer.json["id"] == account["id"]
    for token in known["personal_tokens"]:
        answer = script.post("/api/token/refresh/", json={"refresh": token["token"]})
        assert answer.status_code == (200 if token["works"] and token["of"] != "gone" else 401), token
        if answer.status_code == 200:
            bearer = {"Authorization": f"Bearer {answer.json['access']}"}
            assert script.get("/api/current-user/whoami", headers=bearer).status_code == 200


def assert_logins(app: Flask, known: Any) -> None:
    for account in known["accounts"]:
        if account["email"] in LOG_IN:
            browser = Browser(app)
            fields = {"email": account["email"].upper(), "password": account["password"]}
            status = browser.post("/user/login/", fields, page="/user/login/").status_code
            is_active = known["statuses"][str(account["id"])] == "active"
            assert status == (302 if is_active else 422), account
            # The hash was renewed, and the same password still opens.
            assert not is_active or Browser(app).post("/user/login/", fields, page="/user/login/").status_code == 302


def assert_counts(app: Flask, known: Any, report: Any) -> None:
    with app.app_context():
        found: dict[str, dict[str, int]] = {}
        for each in db.session.scalars(select(Contribution)):
            author = "None" if each.user_id == 17 else str(each.user_id)
            found.setdefault(author, {})[str(each.project_id)] = each.annotations_count
        assert found == known["submitted_by_user_and_project"]
        for there in known["projects"]:
            here = db.session.get_one(Project, there["id"])
            assert (here.title, here.description) == (there["title"], there["description"] or "")
            assert (here.created_by_id, here.label_config) == (there["created_by"], there["label_config"])
            assert here.created_at.strftime(MOMENT) == there["created_at"]
            assert here.tasks_count == there["task_number"]
            if there["total_annotations_number"] is not None:
                assert here.annotations_count == there["total_annotations_number"]
    differing = {each["id"]: (each["label_studio"], each["here"]) for each in report["counted_otherwise"]}
    assert (differing[4], differing[8]) == ((7, 5), (2, 0))
    for number, count in known["annotations_count_there"].items():
        contributed = sum(known["submitted_by_user_and_project"].get(number, {}).values())
        if known["statuses"].get(number, "deleted") != "deleted":
            assert differing.get(int(number), (contributed, contributed)) == (count, contributed)


def assert_work_is_the_same(app: Flask, source: Path | str) -> None:
    """Every value, read from the source by other means."""
    with app.app_context():
        for there in rows(source, "SELECT id, project_id, CAST(data AS TEXT) AS data, created_at FROM task"):
            task = db.session.get_one(Task, there["id"])
            assert (task.project_id, task.created_at) == (there["project_id"], moment(there["created_at"]))
            assert task.data == json.loads(there["data"])
        for there in rows(source, "SELECT *, CAST(result AS TEXT) AS result_text FROM task_completion"):
            here = db.session.get_one(Annotation, there["id"])
            assert here.result == json.loads(there["result_text"])
            assert here.task_id == there["task_id"]
            assert here.completed_by_id == (there["completed_by_id"] or 17)
            assert (here.was_cancelled, here.ground_truth) == (there["was_cancelled"], there["ground_truth"])
            assert here.lead_time == there["lead_time"]
            assert (here.created_at, here.updated_at) == (moment(there["created_at"]), moment(there["updated_at"]))


def moment(value: Any) -> datetime:
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def assert_ids_go_on(app: Flask) -> None:
    """The highest id is often that of a row that was deleted."""
    with app.app_context():
        project = a_project(1, "Next")
        task = a_task(project, "next")
        assert (project, task, an_annotation(task, 1)) == (8, 42, 43)
    assert Cast(app).person("next", sign_in=False).id == 18

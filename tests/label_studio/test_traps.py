"""An installation with everything that may go wrong (data/1.23.2-traps): mended where that loses nothing, and said."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from ls.db.extensions import db
from ls.models import Annotation, Avatar, Project, Task, User
from ls.models.user import ACTIVE, DEACTIVATED, DELETED
from tests.cast import Browser
from tests.label_studio.installations import SECOND_ANNA, move_in, unpacked
from tests.label_studio.test_bad_sources import sql

NEW = {16: "anna.second", 17: "default", 18: "empty", 20: "address", 21: "invalid", 23: "dup.second"}
EMAILS = [word for number, name in NEW.items() for word in ("--email", f"{number}={name}@example.org")]
FFFD = "\N{REPLACEMENT CHARACTER}"


@pytest.fixture
def report(app: Flask, tmp_path: Path) -> Any:
    said = move_in(app, unpacked("1.23.2-traps", tmp_path), "--organization", "1", *EMAILS, "--json")
    assert (said.exit_code, said.stderr) == (0, "")
    return json.loads(said.stdout)


def test_emails_that_cannot_be_used_are_all_listed_before_anything_is_written(app: Flask, tmp_path: Path) -> None:
    said = move_in(app, unpacked("1.23.2-traps", tmp_path), "--organization", "1", *EMAILS[4:])
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr == (
        "Give these accounts another email, with --email ID=NEW for each: "
        "16 'ANNA.BERG@example.org' (the same as 2), 17 'default_user@localhost' (nobody can log in with it).\n"
    )
    with app.app_context():
        assert db.session.scalar(select(User.id)) is None


def test_people(app: Flask, report: Any) -> None:
    with app.app_context():
        users = {user.id: user for user in db.session.scalars(select(User))}
    assert {number: users[number].status for number in (1, 10, 12, 43, 44, 46)} == {
        1: ACTIVE,
        10: DELETED,
        12: DEACTIVATED,
        43: DEACTIVATED,  # without a membership
        44: ACTIVE,  # one of two memberships is alive
        46: DELETED,  # for lost authors, behind the highest id
    }
    assert users.keys().isdisjoint({42, 997, 998})  # of the other organization; never there
    assert users[17].email == "default@example.org"
    assert (users[44].first_name, users[44].date_joined.year, users[44].last_activity.year) == ("A B", 1970, 9999)
    assert users[1].custom_hotkeys == {}
    assert [number for number in range(30, 38) if users[number].password_hash] == []
    assert {each["id"] for each in report["without_password"]} >= {15, *range(30, 38)}
    assert report["left"]["other_people"] == 1
    assert changes(report)["had no membership, and cannot log in until somebody reactivates it"] == ["account 43"]
    assert changes(report)["could not be sent in a header, there neither, and was replaced by a new one"] == [
        "token of account 17"
    ]


def test_pictures_never_come_from_outside_of_the_folder(app: Flask, report: Any) -> None:
    with app.app_context():
        assert set(db.session.scalars(select(Avatar.user_id))) == {2, 3, 4, 45}
    assert changes(report)["the picture was left out (its file is not in the media folder)"] == [
        "account 38",  # ../../../../etc/hostname
        "account 39",
        "account 41",
    ]


@pytest.mark.parametrize("name", ["avatars/../../me.png", "avatars/link.png", "upload/3/me.png", "{folder}/me.png"])
def test_a_picture_that_could_be_read_elsewhere_is_not_opened(app: Flask, tmp_path: Path, name: str) -> None:
    folder = unpacked("1.23.2", tmp_path)
    [picture] = (folder / "media" / "avatars").glob("*-me.png")
    (folder / "media" / "upload" / "3").mkdir(parents=True)
    for place in (folder / "me.png", folder / "media" / "upload" / "3" / "me.png"):
        place.write_bytes(picture.read_bytes())
    (picture.parent / "link.png").symlink_to(folder / "me.png")
    sql("UPDATE htx_user SET avatar = 'X' WHERE id = 2".replace("X", name.format(folder=folder)))(folder)
    assert move_in(app, folder, *SECOND_ANNA).exit_code == 0
    with app.app_context():
        assert set(db.session.scalars(select(Avatar.user_id))) == {3, 4}


def test_work(app: Flask, report: Any) -> None:
    with app.app_context():
        data = {number: db.session.get_one(Task, number).data for number in (42, 43, 44, 46)}
        meta = db.session.get_one(Task, 49).meta
        found = {each.id: each for each in db.session.scalars(select(Annotation).where(Annotation.id > 42))}
    assert FFFD in str(data[42])
    assert FFFD in str(data[43])
    assert json.dumps(data[44]).count("[") > 140  # the innermost ones as text
    assert "-0.0" in json.dumps(data[46])
    assert max(len(str(value)) for value in data[46].values()) >= 30
    assert list(meta or {}) == ["value"]
    assert found.keys() == {43, 44, 45, 46, 47, 48, 61, 64, 67, 68}
    assert (found[43].lead_time, found[44].lead_time, found[45].result) == (None, None, [])
    assert FFFD in str(found[46].result)
    assert len(json.dumps(found[48].result)) > 1_500_000
    assert found[64].completed_by_id == 46
    assert [found[number].created_at.isoformat() for number in (67, 68)] == [
        "2026-11-25T22:30:01+00:00",  # without a fraction
        "2026-11-25T22:30:02+00:00",  # with an offset
    ]


def test_projects(app: Flask, report: Any) -> None:
    with app.app_context():
        found = {each.id: each for each in db.session.scalars(select(Project))}
    assert found.keys().isdisjoint({18, 19})  # of the other organization; deleted
    assert found[8].title == "Project 8"
    assert len(found[15].description) == 10_000
    assert all("\t" not in each.title for each in found.values())
    assert report["left"]["other_projects"] == 2
    assert (report["left"]["other_tasks"], report["left"]["other_annotations"]) == (3, 5)


def test_pages_and_api_show_all_of_it(app: Flask, report: Any) -> None:
    browser = Browser(app)
    assert browser.sign_in("no.membership@example.org", "x").status_code == 422
    assert browser.sign_in("olga.owner@example.org", "Olga-Straße-2024").status_code == 302
    with app.app_context():
        projects = db.session.scalars(select(Project.id)).all()
        people = db.session.scalars(select(User.id).where(User.status != DELETED)).all()
    pages = ["/people/", "/projects/", "/activity/", "/organization/settings", "/user/account/", "/api/users/"]
    pages += ["/api/organizations/1/memberships?page_size=1000", "/api/projects/?page_size=1000"]
    pages += [f"/people/{number}" for number in people]
    pages += [f"{place}/{number}" for number in projects for place in ("/projects", "/api/projects")]
    pages += [f"/api/tasks/?project={number}&fields=all&page_size=1000" for number in projects]
    assert {path: status for path in pages if (status := browser.get(path).status_code) != 200} == {}


def changes(report: Any) -> dict[str, list[str]]:
    return {each["why"]: each["rows"] for each in report["changed"]}

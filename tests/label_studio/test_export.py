"""`roster export-label-studio`: what it writes comes in again with every author, and nothing is written over."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Annotation
from ls.projects.deletion import delete_project
from tests.api.conftest import Script
from tests.cast import Cast
from tests.factories import a_project, a_task, an_annotation


@pytest.fixture
def exported(app: Flask, cast: Cast, tmp_path: Path) -> Path:
    """The export of two people's work; the third person is deleted, and so is one of the projects."""
    alice, bob, charlie = cast.alice(), cast.bob(sign_in=False), cast.charlie(sign_in=False)
    with app.app_context():
        photos, gone = (a_project(alice.id, title, options={"color": "#FF0000"}) for title in ("Photos 漢", "Gone"))
        task, _unlabelled = a_task(photos, "a \u2028 chair"), a_task(photos)
        an_annotation(task, alice.id, lead_time=1.5)
        an_annotation(task, bob.id, was_cancelled=True)
        an_annotation(task, charlie.id, ground_truth=True)
        with write():
            delete_project(gone)
    Script(app, alice).send("DELETE", f"/api/users/{charlie.id}/", status=204)
    result = app.test_cli_runner().invoke(args=["export-label-studio", str(tmp_path / "out")])
    assert (result.exit_code, result.output.splitlines()) == (
        0,
        [
            "Projects: 1, tasks: 2, annotations: 3",
            "Annotations without an author, as theirs is deleted: 1",
        ],
    )
    return tmp_path / "out"


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_people_projects_and_tasks_are_files_that_others_cannot_read(exported: Path) -> None:
    assert sorted(path.name for path in exported.iterdir()) == ["people.csv", "project-1.json", "projects.json"]
    assert exported.stat().st_mode & 0o777 == 0o700
    assert [line.split(",")[0] for line in (exported / "people.csv").read_text("utf-8-sig").splitlines()] == [
        "email",
        "alice@example.org",
        "bob@example.org",
    ]
    [project] = read(exported / "projects.json")
    assert project == {
        "id": 1,
        "title": "Photos 漢",
        "description": "",
        "label_config": "<View></View>",
        "color": "#FF0000",
        "file": "project-1.json",
    }


def test_authors_are_named_by_email_and_deleted_ones_left_out(exported: Path) -> None:
    labelled, unlabelled = read(exported / "project-1.json")
    said = [
        (one.get("completed_by"), one["was_cancelled"], one["ground_truth"], one["lead_time"])
        for one in labelled["annotations"]
    ]
    assert said == [
        ({"email": "alice@example.org"}, False, False, 1.5),
        ({"email": "bob@example.org"}, True, False, None),
        (None, False, True, None),
    ]
    assert labelled["data"] == {"text": "a \u2028 chair"}
    assert (unlabelled["annotations"], unlabelled["predictions"], unlabelled["meta"]) == ([], [], {})


def test_what_was_exported_comes_in_again(app: Flask, exported: Path) -> None:
    words = ["project", "import", "Again", str(exported / "project-1.json"), "--username", "bob@example.org"]
    assert app.test_cli_runner().invoke(args=words).exit_code == 0
    kept = (Annotation.completed_by_id, Annotation.was_cancelled, Annotation.ground_truth, Annotation.lead_time)
    with app.app_context():
        before, after = (
            db.session.execute(select(*kept).where(Annotation.project_id == number).order_by(Annotation.id)).all()
            for number in (1, 3)
        )
    assert after[:2] == before[:2]
    assert [tuple(row) for row in after[2:]] == [(2, False, True, None)]  # the importer, for one who is deleted


def test_nothing_is_written_over_and_nothing_is_left_of_a_failure(
    app: Flask, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = app.test_cli_runner()
    before = {path.name: path.read_bytes() for path in exported.iterdir()}
    refused = runner.invoke(args=["export-label-studio", str(exported)])
    assert (refused.exit_code, refused.stderr) == (
        1,
        f"{exported} is not empty: nothing is exported over other files.\n",
    )
    assert {path.name: path.read_bytes() for path in exported.iterdir()} == before
    nowhere = exported / "people.csv" / "below"
    assert runner.invoke(args=["export-label-studio", str(nowhere)]).exit_code == 1
    assert [path.name for path in exported.parent.iterdir() if "partial" in path.name] == []

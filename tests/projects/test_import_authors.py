"""Who the authors of an import are: never whoever happens to have the same number here."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from ls.cli.project import project as project_group
from ls.db.extensions import db
from ls.models import Annotation, Task
from tests.cast import Cast, Person
from tests.factories import assert_true, counts

NUMBERS = "Authors given by number alone: "


@pytest.fixture
def alice(cast: Cast) -> Person:
    return cast.alice(sign_in=False)


@pytest.fixture
def bob(cast: Cast, alice: Person) -> Person:
    return cast.bob(sign_in=False)


@pytest.fixture
def bring(app: Flask, alice: Person, tmp_path: Path) -> Any:
    def run(content: Any, *more: str, people: bytes | None = None) -> Result:
        (tmp_path / "tasks.json").write_text(json.dumps(content))
        command = ["import", "Photos", str(tmp_path / "tasks.json"), "--username", alice.email, *more]
        if people is not None:
            (tmp_path / "people.csv").write_bytes(people)
            command += ["--people", str(tmp_path / "people.csv")]
        return app.test_cli_runner().invoke(project_group, command)

    return run


def by(*authors: Any) -> list[dict[str, Any]]:
    """A task with an annotation of each of them."""
    return [{"data": {}, "annotations": [{"result": [], "completed_by": author} for author in authors]}]


def tasks(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Task)) or 0


def test_numbers_alone_are_refused_and_all_unknown_authors_named(
    app: Flask, bring: Any, alice: Person, bob: Person
) -> None:
    done = bring(
        by("x@example.org", bob.id, {"id": 4711}, 4712, 2**70, -1, "no address", "\0@example.org", "x@example.org")
    )
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    unknown, numbers = done.stderr.split(f" {NUMBERS}")
    assert unknown == 'Authors who are no members here: "x@example.org", "no address", "\\u0000@example.org".'
    assert numbers.startswith(f"{bob.id} (here bob@example.org), 4711, 4712, {2**70}, -1. Numbers of another")
    assert "--people" in numbers
    assert "--author" in numbers
    assert tasks(app) == 0


def test_a_long_list_of_unknown_authors_is_cut(bring: Any) -> None:
    assert "1019, 1020 and 480 more. Numbers" in bring(by(*range(1001, 1501))).stderr
    assert "1020 and 981 more. Numbers" in bring(by(*range(1001, 9001))).stderr


@pytest.mark.parametrize(
    "people",
    [
        b"id,email\n7,bob@example.org\n8,ALICE@example.org\n9,gone@example.org\n",
        b"\xef\xbb\xbfid;email;name\r\n7;bob@example.org;B\xc3\xb6b\r\n;;\r\n8;alice@example.org;\r\n",
        'Name\tEmail\tID\n"O\'Hara"\tbob@example.org\t7\nA\talice@example.org\t8\n'.encode("utf-16"),
        b'"email", "id"\n"bob@example.org", "7"\n"alice@example.org", "8"',
    ],
    ids=["plain", "semicolons", "UTF-16 with tabs", "quotes"],
)
def test_people_say_who_the_numbers_are(app: Flask, bring: Any, alice: Person, bob: Person, people: bytes) -> None:
    done = bring(by(7, {"id": 7}, 8, bob.email), people=people)
    assert done.exit_code == 0, done.stderr
    with app.app_context():
        assert counts() == {(alice.id, 1): 1, (bob.id, 1): 3}
        assert_true()


def test_the_author_is_credited_with_the_numbers_that_people_lack(
    app: Flask, bring: Any, alice: Person, bob: Person
) -> None:
    assert (
        bring(by(7, alice.id, 99), "--author", "BOB@example.org", people=b"id,email\n7,alice@example.org").exit_code
        == 0
    )
    with app.app_context():
        assert counts() == {(alice.id, 1): 1, (bob.id, 1): 2}


@pytest.mark.parametrize(
    ("people", "reason"),
    [
        (b"", "people: The file has no column id."),
        (b"number,email\n1,a@example.org", "people: The file has no column id."),
        (b"id,email\nseven,a@example.org", 'people: row 2 is no number and email: ["seven", "a@example.org"]'),
        (b"id,email\n7", 'people: row 2 is no number and email: ["7", ""]'),
        (b"id,email\n7,a@example.org\n7,b@example.org", "people: 7 has two emails: a@example.org and b@example.org"),
        (b"id,email\n7,gone@example.org", 'Authors who are no members here: "gone@example.org".'),
        (b"id,email\n" + b"\n" * 3_000_000, "people: the file is larger than 2 MiB"),
    ],
)
def test_wrong_people_are_refused(app: Flask, bring: Any, people: bytes, reason: str) -> None:
    done = bring(by(7), people=people)
    assert (done.exit_code, done.stderr) == (1, f"{reason}\n")
    assert tasks(app) == 0


def test_an_unknown_author_or_no_people_file_is_one_line(bring: Any, tmp_path: Path) -> None:
    assert bring(by(), "--author", "x@example.org").stderr == 'Authors who are no members here: "x@example.org".\n'
    assert bring(by(), "--people", str(tmp_path / "none")).stderr == f"{tmp_path}/none: No such file or directory\n"


def test_what_is_left_out_is_counted_and_said(app: Flask, bring: Any) -> None:
    annotation = {"result": [], "id": 5, "reviews": [{}, {}], "completed_by_id": 7}
    task = {"id": 7, "data": {}, "annotations": [annotation], "predictions": [1, 2, 3], "drafts": [], "x\x1b[2J": 1}
    done = bring([{**task, "completions": [{}]}, {**task, "comments": "a"}, {"text": "a", "predictions": [1]}])
    assert done.stderr.splitlines()[-1] == (
        "Left out, as they have no place here: annotations.completed_by_id (2), annotations.reviews (4), comments (1), "
        "completions (1), other (2), predictions (6)"
    )
    assert done.stdout == "Imported 3 tasks and 2 annotations into project 1\n"
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Annotation)) == 2


def test_names_without_end_are_counted_together(bring: Any) -> None:
    done = bring([{"data": {}, **{f"key{number}": 1 for number in range(1000)}, "k" * 500: 1}])
    assert len(done.stderr.splitlines()[-1]) < 2500
    assert "other (901)" in done.stderr

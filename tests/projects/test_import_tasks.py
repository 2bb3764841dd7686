"""`roster project import`: the whole file, or nothing and the reason."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from ls.accounts import deletion
from ls.cli.project import project as project_group
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Annotation, Project, Task, User
from ls.projects import import_tasks as imports
from ls.projects.import_authors import Authors
from ls.projects.import_reader import ImportRefused
from tests.cast import Cast, Person
from tests.conftest import Clock
from tests.factories import a_project, assert_true, counts, sums


@pytest.fixture
def alice(cast: Cast) -> Person:
    return cast.alice(sign_in=False)


@pytest.fixture
def bob(cast: Cast, alice: Person) -> Person:
    return cast.bob(sign_in=False)


@pytest.fixture
def bring(app: Flask, alice: Person, tmp_path: Path) -> Any:
    def run(content: Any, *more: str, title: str = "Photos", username: str = "alice@example.org") -> Result:
        file = tmp_path / "tasks.json"
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        command = ["import", title, str(file), "--username", username, *more]
        return app.test_cli_runner().invoke(project_group, command)

    return run


def said(by: Any = None, **more: Any) -> dict[str, Any]:
    author = {} if by is None else {"completed_by": by}
    return {"result": [{"type": "choices"}], **author, **more}


def number_of(app: Flask, model: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_authors_are_found_by_email(app: Flask, bring: Any, alice: Person, bob: Person) -> None:
    authors = ["BOB@example.org", {"id": alice.id, "email": "bob@example.org"}, None]
    done = bring([{"id": 7, "data": {"text": "hi"}, "annotations": [said(by) for by in authors]}, {"data": {}}])
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "Imported 2 tasks and 3 annotations into project 1")
    with app.app_context():
        assert counts() == {(alice.id, 1): 1, (bob.id, 1): 2}
        assert Project.find(1).created_by_id == alice.id
        assert_true()


def test_the_fields_of_an_export_are_imported(app: Flask, bring: Any) -> None:
    annotation = said(
        created_at="2021-06-15T19:37:29.594618Z",
        updated_at="2021-06-16T00:00:00+02:00",
        lead_time=12.5,
        ground_truth=True,
        was_cancelled=False,
        unknown="ignored",
    )
    assert bring([{"data": {"text": "好"}, "meta": {"a": 1}, "annotations": [annotation], "x": 1}]).exit_code == 0
    with app.app_context():
        task, kept = db.session.scalars(select(Task)).one(), db.session.scalars(select(Annotation)).one()
        assert (task.data, task.meta, task.annotations_count) == ({"text": "好"}, {"a": 1}, 1)
        assert (kept.result, kept.lead_time, kept.ground_truth) == ([{"type": "choices"}], 12.5, True)
        assert kept.created_at.isoformat() == "2021-06-15T19:37:29.594618+00:00"
        assert kept.updated_at.isoformat() == "2021-06-15T22:00:00+00:00"
        assert len(kept.unique_id) == 36


def test_a_list_of_plain_data_makes_tasks(app: Flask, bring: Any) -> None:
    done = bring([{"text": "one"}, {"text": "two"}])
    assert done.output.splitlines()[-1] == "Imported 2 tasks and 0 annotations into project 1"
    with app.app_context():
        assert [task.data for task in db.session.scalars(select(Task).order_by(Task.id))] == [
            {"text": "one"},
            {"text": "two"},
        ]


def test_skips_are_imported_and_not_counted(app: Flask, bring: Any) -> None:
    bring([{"data": {}, "annotations": [said(was_cancelled=True), said()]}])
    with app.app_context():
        assert sums()["projects"] == {1: (1, 1)}
        assert_true()


def test_a_byte_order_mark_and_an_escaped_backslash_are_accepted(app: Flask, bring: Any) -> None:
    assert bring(b"\xef\xbb\xbf" + rb'[{"text": "the letters \\u0000"}]').exit_code == 0


DEEP = b"[" * 200 + b"]" * 200


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the list is empty"),
        (b" \n", "the list is empty"),
        (b"[", "not JSON: Expecting value in line 1, column 2"),
        (b"[{}\n,{} {}]", "not JSON: Expecting ',' delimiter in line 2, column 5"),
        (b"[{}] x", "not JSON: Extra data in line 1, column 6"),
        (b"[{]", "not JSON: Expecting property name enclosed in double quotes in line 1, column 3"),
        (b"[\xff\xfe\xfa]", "not JSON: the text is not UTF-8"),
        (b"\xff\xfe[\0{\0", "not JSON: Expecting property name enclosed in double quotes in line 1, column 3"),
        (b"[" * 100_000, "Item 1: nested too deeply"),
        (b"[" + b"9" * 5000 + b"]", "Item 1: not JSON: "),
        (b"{}", "the list is empty"),
        (
            b"text,label\na,b\n",
            "not JSON: a list of tasks begins with [ and a single task with {, but this begins with 't'",
        ),
        (b'[{}, {"a": 1' + b" " * 9_000_000, "Item 2: more than 8,000,000 characters"),
        (b'[{}, {"a": [' + b"{}," * 1_000_000 + b"{}]}]", "Item 2: more than 8,000,000 characters"),
        (b"[]", "the list is empty"),
        (b'[{"a": 1}, 3]', "Item 2: not an object"),
        (b'[{"data": "text"}]', 'Item 1: "data" is not an object'),
        (b'[{"data": {}, "meta": []}]', 'Item 1: "meta" is not an object'),
        (b'[{"data": {}, "annotations": {}}]', 'Item 1: "annotations" is not a list'),
        (b'[{"data": {"a": "\\u0000"}}]', 'Item 1: "data" holds a NUL character, which cannot be stored'),
        (b'[{"a": "\\ud83d"}]', "Item 1: the data holds half of a surrogate pair, which cannot be stored"),
        (b'[{"data": {"a": NaN}}]', 'Item 1: "data" holds NaN or an infinite number, which JSON does not know'),
        (b'[{"data": {"a": %s}}]' % DEEP, 'Item 1: "data" is nested too deeply'),
    ],
)
def test_an_invalid_file_is_refused_with_item_and_reason(app: Flask, bring: Any, content: bytes, reason: str) -> None:
    done = bring(content)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.startswith(reason)
    assert done.stderr.count("\n") == 1
    assert number_of(app, Project) == 0


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        (5, "not an object"),
        ({}, '"result" is missing'),
        ({"result": {}}, '"result" is not a list'),
        (said(result=["\0"]), '"result" holds a NUL character, which cannot be stored'),
        (said(True), '"completed_by" is neither an id nor an email address'),
        (said([1]), '"completed_by" is neither an id nor an email address'),
        (said({}), '"completed_by" is neither an id nor an email address'),
        (said(was_cancelled="yes"), '"was_cancelled" is not true or false'),
        (said(ground_truth=1), '"ground_truth" is not true or false'),
        (said(lead_time="5"), '"lead_time" is not a number of seconds'),
        (said(lead_time=10**400), '"lead_time" is not a number of seconds'),
        (said(created_at="soon"), '"created_at" is not a time such as 2021-06-15T19:37:29Z: "soon"'),
        (said(created_at=5), '"created_at" is not a time such as 2021-06-15T19:37:29Z: 5'),
        (said(updated_at="0001-01-01T00:00:00+14:00"), '"updated_at" is not a time such as 2021-06-15T19:37:29Z: "0'),
    ],
)
def test_an_invalid_annotation_is_named_and_nothing_is_imported(
    app: Flask, bring: Any, annotation: Any, reason: str
) -> None:
    done = bring([{"data": {}}, {"data": {}, "annotations": [said(), annotation]}])
    assert done.exit_code == 1
    assert done.stderr.startswith(f"Item 2: annotation 2: {reason}")
    assert done.stderr.count("\n") == 1
    assert (number_of(app, Project), number_of(app, Task), number_of(app, Annotation)) == (0, 0, 0)


def test_a_deleted_member_cannot_be_an_author(app: Flask, bring: Any, bob: Person) -> None:
    with app.app_context(), write():
        deletion.delete(User.find(bob.id))
    done = bring([{"data": {}, "annotations": [said(bob.email)]}])
    assert done.stderr == 'Authors who are no members here: "bob@example.org".\n'


def test_invalid_arguments_are_one_line_on_stderr(app: Flask, bring: Any, tmp_path: Path) -> None:
    assert bring([{}], username="nobody@example.org").stderr == "User nobody@example.org not found\n"
    assert bring([{}], title="  ").stderr == "Give the project a title.\n"
    assert bring([{}], title="a" * 256).stderr == "Use at most 255 characters.\n"
    missing = ["import", "T", str(tmp_path / "none.json"), "--username", "alice@example.org"]
    done = app.test_cli_runner().invoke(project_group, missing)
    assert (done.exit_code, done.stderr) == (1, f"{tmp_path}/none.json: No such file or directory\n")
    assert number_of(app, Project) == 0


def test_thousands_of_tasks_and_annotations_are_counted(app: Flask, bring: Any, alice: Person, bob: Person) -> None:
    items = [
        {
            "data": {"text": f"task {number}"},
            "annotations": [said((alice.email, bob.email)[turn % 2]) for turn in range(10)],
        }
        for number in range(2_000)
    ]
    done = bring(items)
    assert done.output.splitlines()[-1] == "Imported 2000 tasks and 20000 annotations into project 1"
    with app.app_context():
        assert counts() == {(alice.id, 1): 10_000, (bob.id, 1): 10_000}
        assert sums()["projects"] == {1: (2_000, 20_000)}


def test_tasks_are_appended_to_an_existing_project(app: Flask, alice: Person) -> None:
    with app.app_context():
        project, ids = a_project(alice.id), list[int]()
        content = json.dumps([{"data": {"n": n}, "annotations": [said()]} for n in range(3)]).encode()
        for _ in range(2):
            ids.clear()
            with imports.checked(BytesIO(content), Authors(User.find(alice.id))) as found, write():
                result = imports.save(Project.find(project), found, User.find(alice.id), ids.extend)
        assert (result.task_count, result.annotation_count) == (3, 3)
        assert [Task.find(task).data["n"] for task in ids] == [0, 1, 2]
        with (
            pytest.raises(ImportRefused) as refused,
            imports.checked(BytesIO(b"[{}, 5]"), Authors(User.find(alice.id))),
        ):
            pass
        assert (refused.value.item, refused.value.status) == (2, 400)
        assert sums()["projects"] == {project: (6, 6)}
        assert_true()


def test_the_list_and_the_recount(app: Flask, bring: Any, alice: Person, moved_clock: Clock) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(project_group, ["list", "--json"]).output == "[]\n"
    bring([{"data": {}, "annotations": [said()]}])
    (row,) = json.loads(runner.invoke(project_group, ["list", "--json"]).output)
    assert row.pop("created_at").endswith("Z")
    assert row == {"id": 1, "title": "Photos", "tasks": 1, "annotations": 1, "created_by": alice.email}
    assert "Photos" in runner.invoke(project_group, ["list"]).output
    with app.app_context(), write() as session:
        session.execute(db.update(Project).values(annotations_count=5))
    assert runner.invoke(project_group, ["recount"]).output.splitlines()[-1] == "Projects counted anew: 1"
    with app.app_context():
        assert sums()["projects"] == {1: (1, 1)}

"""The import of a file on a project's page: the rules of the API's import, in a form."""

import json
import re
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from ls.models import Project
from ls.web import uploads
from tests.cast import FRAGMENT, Cast, Person
from tests.factories import a_project

TASKS = [{"data": {"text": "a"}, "annotations": [{"result": []}], "predictions": [1, 2]}, {"text": "b"}]


@pytest.fixture
def alice(cast: Cast) -> Person:
    return cast.alice()


@pytest.fixture
def project(app: Flask, alice: Person) -> int:
    with app.app_context():
        return a_project(alice.id)


def send(person: Person, project: int, content: Any = None, *, headers: Any = None, **fields: Any) -> TestResponse:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    files = {} if content is None else {"file": (BytesIO(data), "tasks.json")}
    page = f"/projects/{project}"
    return person.browser.post(f"{page}/import", {**files, **fields}, page=page, headers=headers)


def counts(app: Flask, project: int) -> tuple[int, int]:
    with app.app_context():
        found = Project.find(project)
        return found.tasks_count, found.annotations_count


def errors(answer: TestResponse) -> dict[str, str]:
    """What stands beside each field."""
    found = re.findall(r'<div class="error" id="(\w+)-error">(.*?)</div>\s*</div>', answer.text, re.S)
    return {name: " ".join(unescape(re.sub("<[^>]+>", " ", text)).split()) for name, text in found}


def test_a_file_is_imported_and_what_was_left_out_is_told(app: Flask, alice: Person, project: int) -> None:
    answer = send(alice, project, TASKS)
    assert (answer.status_code, answer.location) == (303, f"/projects/{project}")
    assert counts(app, project) == (2, 1)
    page = alice.browser.get(f"/projects/{project}").text
    assert "Imported: 2 tasks, 1 annotation. Left out, as they have no place here: predictions (2)." in page
    assert "Import more" in page
    assert send(alice, project, {"text": "c"}, headers=FRAGMENT).headers["HX-Redirect"] == f"/projects/{project}"
    assert "Imported: 1 task, 0 annotations.<" in alice.browser.get(f"/projects/{project}").text


def test_an_empty_project_says_how_work_gets_in(alice: Person, project: int) -> None:
    page = unescape(alice.browser.get(f"/projects/{project}").text)
    assert f"-F file=@tasks.json http://localhost/api/projects/{project}/import" in page
    assert f'client.projects.import_tasks(id={project}, request=[{{"data": {{"text": "A first task"}}}}])' in page
    assert alice.token not in page


@pytest.mark.parametrize(
    ("content", "fields", "wrong"),
    [
        (None, {}, {"file": "Choose a file first."}),
        (b"", {}, {"file": "Nothing was imported. the list is empty"}),
        ([{"text": "a"}, 5], {}, {"file": "Nothing was imported. Item 2: not an object"}),
        (TASKS, {"people": (BytesIO(b"id\n1\n"), "p.csv")}, {"people": "Nothing was imported. people: "}),
        (
            TASKS,
            {"author": "nobody@example.org"},
            {"file": 'Nothing was imported. Authors who are no members here: "nobody@example.org".'},
        ),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    app: Flask, alice: Person, project: int, content: Any, fields: dict[str, Any], wrong: dict[str, str]
) -> None:
    answer = send(alice, project, content, headers=FRAGMENT, **fields)
    assert (answer.status_code, answer.text.startswith('<section id="import"')) == (422, True)
    [(field, message)] = wrong.items()
    assert errors(answer).keys() == wrong.keys()
    assert errors(answer)[field].startswith(message)
    assert f'value="{fields["author"]}"' in answer.text if "author" in fields else True
    assert counts(app, project) == (0, 0)


def test_authors_by_number_are_explained_as_in_the_api(app: Flask, cast: Cast, alice: Person, project: int) -> None:
    bob = cast.bob(sign_in=False)
    tasks = [{"data": {}, "annotations": [{"result": [], "completed_by": 77}]}]
    assert "given by number alone: 77" in errors(send(alice, project, tasks))["file"]
    people = BytesIO(f"id,email\n77,{bob.email}\n".encode())
    assert send(alice, project, tasks, people=(people, "people.csv")).status_code == 303
    assert f'href="/people/{bob.id}"' in alice.browser.get(f"/projects/{project}").text
    assert send(alice, project, tasks, author=f" {bob.email} ").status_code == 303
    assert counts(app, project) == (2, 2)


def test_large_imports_come_one_at_a_time_and_small_ones_in_between(app: Flask, alice: Person, project: int) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 3000
    large = json.dumps([{"text": "x"}]).encode() + b" " * 3000
    with uploads.turn:
        answer = send(alice, project, large)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "15")
        assert errors(answer) == {"file": "Another import is running. Try again in a moment."}
        assert send(alice, project, TASKS).status_code == 303
    assert send(alice, project, large).status_code == 303


def test_a_file_that_is_too_large_is_told_beside_the_field(
    alice: Person, project: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alice.browser.app.view_functions["projects.import_tasks"], "max_bytes", 1000)
    answer = send(alice, project, b"[" + b" " * 2000 + b"{}]")
    assert answer.status_code == 413
    assert errors(answer) == {
        "file": "The file is larger than 256 MiB. Split it, and import the parts one after another."
    }


def test_a_page_that_is_too_old_imports_nothing(app: Flask, alice: Person, project: int) -> None:
    answer = send(alice, project, TASKS, csrf_token="old")
    assert (answer.status_code, "open for too long" in unescape(answer.text)) == (422, True)
    assert counts(app, project) == (0, 0)


def test_only_forms_of_imports_may_be_large(app: Flask, alice: Person) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 3000
    large = {"first_name": (BytesIO(b"x" * 3001), "x")}
    assert alice.browser.post("/user/account/", large, page="/user/account/").status_code == 413

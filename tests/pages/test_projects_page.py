"""A project's page: contributors, tasks, changing and deleting it."""

import re

import pytest
from flask import Flask

from ls.accounts import deletion
from ls.blueprints.projects.preview import LENGTH, preview
from ls.db.transaction import write
from ls.db.types import utcnow
from ls.models import Contribution, Project, User
from ls.models.project import KEPT
from ls.projects import tasks
from tests.cast import FRAGMENT, Cast, Person
from tests.conftest import Clock
from tests.factories import a_project, a_task, an_annotation
from tests.pages.test_projects_list import page
from tests.statements import statements


@pytest.fixture
def alice(cast: Cast) -> Person:
    return cast.alice(first_name="Alice", last_name="Kim")


@pytest.fixture
def bob(cast: Cast, alice: Person) -> Person:
    return cast.bob()


@pytest.fixture
def project(app: Flask, alice: Person) -> int:
    with app.app_context():
        return a_project(alice.id, description="Chairs")


def contributors(text: str) -> list[tuple[str, str]]:
    section = text.split('id="contributors"')[1].split("</section>")[0]
    return re.findall(r'<bdi>([^<]+)</bdi>.*?data-label="Annotations" class="numeric">([\d,]+)<', section, re.S)


def test_contributors_are_those_who_did_most_first(app: Flask, alice: Person, bob: Person, project: int) -> None:
    assert "Nobody has annotated here yet." in page(alice, f"/projects/{project}")
    with app.app_context():
        task = a_task(project)
        for author in (bob, alice, bob):
            an_annotation(task, author.id)
    text = page(alice, f"/projects/{project}")
    assert contributors(text) == [("bob@example.org", "2"), ("Alice Kim", "1")]
    assert "Just now" in text
    assert f'href="/people/{bob.id}"' in text


def test_a_deleted_members_work_stays(app: Flask, alice: Person, bob: Person, project: int) -> None:
    with app.app_context():
        an_annotation(a_task(project), bob.id)
        with write():
            deletion.delete(User.find(bob.id))
    text = page(alice, f"/projects/{project}")
    assert "Deleted User" in text
    assert f'href="/people/{bob.id}"' not in text


def test_tasks_are_listed_with_what_they_hold(app: Flask, alice: Person, project: int) -> None:
    with app.app_context(), write():
        tasks.create_many(Project.find(project), [{"data": {"text": f"chair {n}"}} for n in range(60)], None)
    text = page(alice, f"/projects/{project}")
    assert re.findall(r"<bdi>(chair \d+)</bdi>", text) == [f"chair {n}" for n in range(50)]
    onward = re.search(r'rel="next"\s+href="([^"]+)"', text)
    assert onward
    fragment = alice.browser.fragment(onward.group(1)).get_data(as_text=True)
    assert fragment.lstrip().startswith('<section id="tasks"')
    assert re.findall(r"<bdi>(chair \d+)</bdi>", fragment) == [f"chair {n}" for n in range(50, 60)]
    assert re.search(r'rel="prev"', fragment)


@pytest.mark.parametrize("number", [0, 1, 70])
def test_the_page_costs_five_statements(app: Flask, cast: Cast, alice: Person, project: int, number: int) -> None:
    with app.app_context(), write() as session:
        tasks.create_many(Project.find(project), [{"data": {"n": n}} for n in range(number)], None)
        people = [{"email": f"p{n}@example.org", "email_key": f"p{n}@example.org"} for n in range(number)]
        if people:
            ids = session.scalars(User.__table__.insert().returning(User.id), people).all()
            rows = [
                {"user_id": user, "project_id": project, "annotations_count": 1, "last_at": Project.find(1).created_at}
                for user in ids
            ]
            session.execute(Contribution.__table__.insert(), rows)
    page(alice, f"/projects/{project}")
    with statements(app) as seen:
        text = page(alice, f"/projects/{project}")
    assert 2 <= len(seen) <= 5
    if number > 50:
        assert "The 50 who did most, of 70" in text


@pytest.mark.parametrize("path", ["/projects/99", "/projects/0", f"/projects/{10**30}", "/projects/x", "/projects/-1"])
def test_what_is_not_there_is_a_404(alice: Person, path: str) -> None:
    assert alice.browser.get(path).status_code == 404
    for verb in ("", "/delete"):
        assert alice.browser.post(path + verb, {"title": "x"}, page="/projects/").status_code == 404


def test_title_and_description_are_changed(app: Flask, bob: Person, project: int) -> None:
    path = f"/projects/{project}"
    done = bob.browser.post(path, {"title": "Furniture", "description": ""}, page=path)
    assert (done.status_code, done.location) == (303, path)
    text = page(bob, path)
    assert "Furniture" in text
    assert "Project saved" in text
    with app.app_context():
        kept = Project.find(project)
        assert (kept.title, kept.description, kept.updated_at > kept.created_at) == ("Furniture", "", True)


def test_htmx_reads_the_changed_page_anew(alice: Person, project: int) -> None:
    path = f"/projects/{project}"
    done = alice.browser.post(path, {"title": "Furniture"}, page=path, headers=FRAGMENT)
    assert (done.status_code, done.headers["HX-Redirect"]) == (200, path)
    assert "Project saved" in page(alice, path)


@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_a_mistake_in_a_change_is_told_in_place(
    app: Flask, alice: Person, project: int, headers: dict[str, str]
) -> None:
    path = f"/projects/{project}"
    answer = alice.browser.post(path, {"title": "", "description": "typed"}, page=path, headers=headers)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Give the project a title." in text
    assert "typed</textarea>" in text
    assert ("<!DOCTYPE" in text) == (not headers)
    with app.app_context():
        assert Project.find(project).description == "Chairs"


def test_deleting_says_what_goes_and_takes_it_all(app: Flask, alice: Person, bob: Person, project: int) -> None:
    path = f"/projects/{project}"
    with app.app_context():
        an_annotation(a_task(project), bob.id)
        an_annotation(a_task(project), alice.id, was_cancelled=True)
    assert "What goes with the project: 2 tasks, 1 annotation by 1 person." in page(alice, path)
    wrong = alice.browser.post(path, {"title": ""}, page=path, headers=FRAGMENT)
    assert "1 annotation by 1 person." in wrong.text
    done = alice.browser.post(f"{path}/delete", page=path)
    assert (done.status_code, done.location) == (303, "/projects/")
    assert "Project Product photos is deleted" in page(alice)
    assert alice.browser.get(path).status_code == 404
    assert alice.browser.post(f"{path}/delete", page="/projects/").status_code == 404


def test_a_deletion_is_undone_from_its_message_or_from_the_list(alice: Person, bob: Person, project: int) -> None:
    path = f"/projects/{project}"
    for where in ("/projects/", "/projects/deleted"):
        alice.browser.post(f"{path}/delete", page=path)
        text = page(alice, where)
        assert f'action="{path}/restore"' in text
        done = bob.browser.post(f"{path}/restore", page="/projects/deleted")
        assert (done.status_code, done.location) == (303, path)
        text = page(bob, path)
        assert "Project Product photos is restored" in text
        assert bob.browser.post(f"{path}/restore", page="/projects/").location == path  # pressed twice
    assert "No deleted projects" in page(alice, "/projects/deleted")


def test_the_list_of_deleted_projects_says_who_when_and_until_when(
    app: Flask, alice: Person, project: int, moved_clock: Clock
) -> None:
    path = f"/projects/{project}"
    alice.browser.post(f"{path}/delete", page=path)
    text = page(alice, "/projects/deleted")
    for said in ("Product photos", "Alice Kim", "Just now", f"{utcnow() + KEPT:%Y}"):
        assert said in text
    assert page(alice, "/projects/").count("/projects/deleted") == 1
    fragment = alice.browser.fragment("/projects/deleted").text
    assert fragment.startswith('<div id="deleted-projects"')
    moved_clock.move(days=30)
    alice.browser.sign_in(alice.email)
    assert "Product photos" not in page(alice, "/projects/deleted")
    assert alice.browser.post(f"{path}/restore", page="/projects/").status_code == 404


def test_a_write_without_the_forms_token_changes_nothing(app: Flask, alice: Person, project: int) -> None:
    for path in (f"/projects/{project}", f"/projects/{project}/delete"):
        assert alice.browser.client.post(path, data={"title": "x"}).status_code in {400, 422}
    with app.app_context():
        assert Project.find(project).title == "Product photos"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({}, ""),
        ({"text": "two\n  lines"}, "two lines"),
        ({"a": "x", "b": [1, "好"]}, 'a: x · b: [1, "好"]'),
        ({"n": None}, "null"),
        ({"long": "a" * 10**6}, "a" * (LENGTH - 1) + "…"),
        ({str(n): n for n in range(1000)}, None),
    ],
)
def test_the_preview_of_a_task_is_one_short_line(data: dict[str, object], line: str | None) -> None:
    shown = preview(data)
    assert len(shown) <= LENGTH
    assert "\n" not in shown
    assert line is None or shown == line

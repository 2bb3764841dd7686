"""Projects of a Label Studio that is read: on the list of projects, in the numbers of people, and nowhere else."""

import re

import pytest
from flask import Flask

from ls.accounts import deletion
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import LinkedMember, LinkedProject, LinkedRole, Organization, User
from tests.cast import Cast, Person
from tests.factories import a_project, a_task, an_annotation

THERE = "http://there.example"


@pytest.fixture
def alice(cast: Cast) -> Person:
    cast.bob(sign_in=False)
    return cast.alice()


def link(numbers: range, creator: int, contributor: int, annotations: int) -> None:
    """Projects of one person, and what another annotated in them."""
    with write() as session:
        Organization.get().label_studio_url = THERE
        for number in numbers:
            title = f"<b>Scenes {number:03}"
            session.add(
                LinkedProject(id=number, title=title, url=f"{THERE}/projects/{number}", annotations_count=annotations)
            )
        session.add(LinkedMember(user_id=contributor, annotations_count=annotations))
        session.flush()
        for number in numbers:
            for user_id in (creator, contributor):
                roles = {"has_created": user_id == creator, "has_contributed": user_id == contributor}
                session.add(LinkedRole(user_id=user_id, project_id=number, **roles))


def panel(person: Person, path: str = "/projects/") -> str:
    """The linked projects on the page."""
    return person.browser.get(path).text.partition('id="linked-projects"')[2].partition("</section>")[0]


def test_they_stand_on_the_list_and_open_label_studio(app: Flask, cast: Cast, alice: Person) -> None:
    assert "linked-projects" not in alice.browser.get("/projects/").text
    with app.app_context():
        link(range(7, 8), 1, alice.id, 1234)
    page = panel(alice)
    assert "In Label Studio" in page
    assert f'<a href="{THERE}/projects/7"><bdi>&lt;b&gt;Scenes 007</bdi></a>' in page
    assert '<a href="/people/1"><bdi>bob@example.org</bdi></a>' in page
    assert ">1,234</td>" in page
    assert "No projects yet" not in alice.browser.get("/projects/").text
    with app.app_context(), write():
        deletion.delete(User.find(1))
    assert "Deleted User" in panel(alice)


def test_the_newest_come_first_and_page_by_page(app: Flask, alice: Person) -> None:
    with app.app_context():
        link(range(1, 61), 1, alice.id, 5)
    pages = [panel(alice)]
    for rel in ("next", "prev"):
        following = re.search(rf'id="linked-projects-{rel}"[^>]*href="([^"]+)"', pages[-1])
        assert following
        pages.append(panel(alice, following[1]))
    numbers = [[int(number) for number in re.findall(r"Scenes (\d+)", page)] for page in pages]
    assert numbers == [list(range(60, 10, -1)), list(range(10, 0, -1)), list(range(60, 10, -1))]


def test_what_people_did_there_counts_for_them(app: Flask, cast: Cast, alice: Person) -> None:
    charlie = cast.charlie(sign_in=False)
    with app.app_context():
        for author in (alice.id, alice.id, charlie.id):
            an_annotation(a_task(a_project(alice.id)), author)
        link(range(3, 5), 1, alice.id, 5)
    for sort, order in (("-annotations", [alice.id, charlie.id, 1]), ("annotations", [1, charlie.id, alice.id])):
        page = alice.browser.get(f"/people/?sort={sort}").text
        counts = dict(re.findall(r'id="person-(\d+)".*?data-label="Annotations">(\d+)<', page, re.DOTALL))
        assert [(int(user_id), int(count)) for user_id, count in counts.items()] == [
            (user_id, {alice.id: 7, charlie.id: 1, 1: 0}[user_id]) for user_id in order
        ]
    assert ",7\r\n" in alice.browser.get("/people/export").text
    account = alice.browser.get("/user/account/").text.partition('id="membership"')[2]
    assert re.findall(r'<dd class="nums">\s*(\d+)\s*</dd>', account) == [str(alice.id), "7", "4"]


def test_nothing_that_is_done_with_own_projects_is_done_with_them(app: Flask, alice: Person) -> None:
    with app.app_context():
        link(range(7, 8), 1, alice.id, 5)
    assert alice.browser.get("/projects/7").status_code == 404
    for path in ("/api/projects/", "/api/organizations/1/memberships?contributed_to_projects=1"):
        assert "Scenes" not in alice.browser.get(path, headers=alice.auth).text
    member = alice.browser.get(f"/api/organizations/1/memberships/{alice.id}/", headers=alice.auth).json
    assert member
    assert (member["annotations_count"], member["contributed_to_projects"]) == (0, [])
    with app.app_context():
        assert db.session.get_one(LinkedProject, 7).annotations_count == 5

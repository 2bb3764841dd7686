"""The founder's first steps: who sees them, what is done, and hiding them."""

import re
from datetime import timedelta

import pytest
from flask import Flask

from ls.db import migrate
from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import utcnow
from ls.models import Organization
from tests.cast import Browser, Cast, Person
from tests.factories import a_project


@pytest.fixture
def founder(cast: Cast) -> Person:
    return cast.alice()


def open_steps(person: Person) -> list[str] | None:
    """The labels of the steps that are links still; None where the list is not shown."""
    text = person.browser.get("/projects/").text
    section = re.search(r'<section id="first-steps".*?</section>', text, re.DOTALL)
    return re.findall(r'<a href="[^"]+">([^<]+)</a>', section[0]) if section else None


def test_each_step_is_done_by_doing_it_and_all_of_them_end_the_list(app: Flask, cast: Cast, founder: Person) -> None:
    team, project, script = "Invite your team", "Create or import a project", "Connect a script"
    assert open_steps(founder) == [team, project, script]
    cast.bob(sign_in=False)
    assert open_steps(founder) == [project, script]
    with app.app_context():
        project_id = a_project(founder.id)
    assert open_steps(founder) == [script]
    # At once, although the founder has just been noted as active.
    assert app.test_client().get("/api/current-user/whoami", headers=founder.auth).status_code == 200
    assert open_steps(founder) is None
    founder.browser.post(f"/projects/{project_id}/delete", page="/user/account/")
    assert open_steps(founder) == [project]


def test_each_link_leads_to_where_it_is_done(founder: Person) -> None:
    text = founder.browser.get("/projects/").text
    paths = re.findall(r'<li>.*?<a href="([^"]+)">', text, re.DOTALL)
    assert paths == ["/people/invite", "/projects/?new=1", "/user/account/#token"]
    assert {founder.browser.get(path).status_code for path in paths} == {200}
    assert 'id="token"' in founder.browser.get("/user/account/").text


def test_only_the_founder_sees_them(cast: Cast, founder: Person) -> None:
    assert open_steps(cast.bob()) is None
    assert open_steps(founder) is not None


def test_a_visit_with_the_browser_is_no_script(app: Flask, founder: Person) -> None:
    founder.browser.get("/api/current-user/whoami")
    with app.app_context():
        assert not Organization.get().has_scripts


def test_they_can_be_hidden_for_good(founder: Person) -> None:
    done = founder.browser.post("/first-steps/delete", page="/user/account/")
    assert (done.status_code, done.location) == (303, "/projects/")
    assert open_steps(founder) is None
    again = Browser(founder.browser.app)
    again.sign_in(founder.email)
    assert "First steps" not in again.get("/projects/").text
    assert "hid the first steps" in again.get("/activity/").text


def test_an_update_does_not_show_them_on_a_server_in_use(app: Flask, founder: Person) -> None:
    with app.app_context():
        for age, hidden in ((timedelta(hours=1), False), (timedelta(days=2), True)):
            with write():
                Organization.get().created_at = utcnow() - age
            for target in ("0005", migrate.HEAD):
                with db.engine.connect().execution_options(write=True) as connection:
                    migrate.migrate(connection, target)
            db.session.rollback()
            assert Organization.get().first_steps_hidden == hidden
    assert open_steps(founder) is None

"""A deleted project keeps everything for 30 days and comes back whole; then it is purged, portion by portion."""

import socket
from collections.abc import Iterator

import pytest
from flask import Flask

from ls.accounts import deletion as accounts
from ls.db.extensions import db
from ls.db.transaction import write
from ls.exceptions import NotFound
from ls.models import Annotation, Contribution, Event, Project, Task, User
from ls.projects import counters, deletion
from ls.projects.deletion import delete_project, restore_project
from tests.cast import Cast, Person
from tests.conftest import Clock
from tests.factories import a_project, a_task, an_annotation, assert_true, sums


@pytest.fixture(autouse=True)
def inside(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


@pytest.fixture
def alice(cast: Cast) -> Person:
    return cast.alice(sign_in=False)


@pytest.fixture
def project(alice: Person) -> int:
    """A project with three tasks, each annotated once."""
    project = a_project(alice.id)
    for _number in range(3):
        an_annotation(a_task(project), alice.id)
    return project


def delete(project: int) -> None:
    with write():
        delete_project(project)


def rows() -> dict[str, int]:
    db.session.rollback()
    parts = (Project, Task, Annotation, Contribution)
    return {part.__tablename__: db.session.scalar(db.select(db.func.count()).select_from(part)) or 0 for part in parts}


def test_a_deletion_hides_and_a_restoration_brings_all_of_it_back(alice: Person, project: int) -> None:
    before, whole = sums(), rows()
    assert counters.contribution_totals(alice.id) == (3, 1)
    delete(project)
    assert (counters.contribution_totals(alice.id), rows()) == ((0, 0), whole)
    with pytest.raises(NotFound):
        delete(project)
    with write():
        counters.rebuild()  # leaves out what is hidden
        restore_project(project)
    assert (counters.contribution_totals(alice.id), sums()) == ((3, 1), before)
    assert_true()


def test_what_came_back_names_an_account_deleted_meanwhile_as_a_tombstone(cast: Cast, project: int) -> None:
    bob = cast.bob(sign_in=False)
    an_annotation(a_task(project), bob.id)
    delete(project)
    with write():
        accounts.delete(User.find(bob.id))
        restore_project(project)
    assert counters.contribution_totals(bob.id) == (1, 1)
    assert db.session.get_one(User, bob.id).display_name == "Deleted User"
    assert_true()


def test_after_thirty_days_it_is_neither_restored_nor_kept(
    alice: Person, project: int, moved_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = a_project(alice.id, "Other")
    an_annotation(a_task(other), alice.id)
    delete(project)
    moved_clock.move(days=29, hours=23)
    assert deletion.purge() == 0
    moved_clock.move(hours=1)
    with pytest.raises(NotFound), write():
        restore_project(project)
    monkeypatch.setattr(deletion, "PORTION", 2)
    assert deletion.purge() == 1
    assert rows() == {"projects": 1, "tasks": 1, "annotations": 1, "contributions": 1}
    event = db.session.scalars(db.select(Event).order_by(Event.id.desc())).first()
    assert event
    assert (event.kind, event.actor_id, event.agent) == ("project_purged", None, "purge")
    assert event.detail == {"project": project, "title": "Product photos"}
    assert_true()


def test_a_purge_goes_on_where_it_stopped_and_commits_each_portion(
    project: int, moved_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "PORTION", 2)
    delete(project)
    moved_clock.move(days=30)
    left = []
    for _portion in range(5):
        deletion.purge_some(1)
        left.append(tuple(rows().values()))
    assert left == [(1, 3, 1, 1), (1, 3, 0, 1), (1, 1, 0, 1), (1, 0, 0, 1), (0, 0, 0, 0)]


@pytest.mark.parametrize("portions", [deletion.AT_START, deletion.AT_DELETION])
def test_each_start_and_each_deletion_purges_a_part(
    app: Flask, alice: Person, project: int, moved_clock: Clock, portions: int
) -> None:
    delete(project)
    moved_clock.move(days=30)
    another = a_project(alice.id, "Another")
    if portions == deletion.AT_DELETION:
        script = app.test_client(use_cookies=False)
        assert script.delete(f"/api/projects/{another}/", headers=alice.auth).status_code == 204
    else:
        with socket.create_server(("127.0.0.1", 0)) as taken:  # so that the start ends before it serves
            done = app.test_cli_runner().invoke(args=["start", "--port", str(taken.getsockname()[1])])
        assert "Cannot listen" in done.stderr
    assert rows()["annotations"] == 0

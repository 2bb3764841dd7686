"""What People shows is what people did, after every verb, at once and exactly."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from ls.db.extensions import db
from ls.db.transaction import write
from ls.exceptions import InvalidFields, NotFound
from ls.models import Annotation, Contribution, Project, Task, User
from tests.cast import Cast
from tests.conftest import Clock
from tests.factories import a_project, a_task, an_annotation, assert_true, counts, last_at, sums
from tests.statements import statements


@pytest.fixture(autouse=True)
def inside(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


@pytest.fixture
def alice(cast: Cast) -> int:
    return cast.alice(sign_in=False).id


@pytest.fixture
def bob(cast: Cast, alice: int) -> int:
    return cast.bob(sign_in=False).id


def test_an_annotation_counts_for_its_author_task_and_project(alice: int, bob: int) -> None:
    project = a_project(alice)
    task = a_task(project)
    for author in (alice, bob, bob):
        an_annotation(task, author)
    assert counts() == {(alice, project): 1, (bob, project): 2}
    assert sums()["projects"] == {project: (1, 3)}
    assert sums()["tasks"] == {task: 3}
    assert Contribution.totals(User.find(bob)) == (2, 1)


def test_a_skip_is_kept_but_does_not_count_until_it_is_submitted(alice: int) -> None:
    project = a_project(alice)
    annotation = an_annotation(a_task(project), alice, was_cancelled=True)
    assert counts() == {}
    for cancelled, expected in ((False, {(alice, project): 1}), (True, {})):
        with write():
            Annotation.find(annotation).change(User.find(alice), was_cancelled=cancelled)
        assert counts() == expected
        assert_true()


def test_another_member_may_change_the_result_and_the_author_stays(alice: int, bob: int) -> None:
    project = a_project(alice)
    annotation = an_annotation(a_task(project), alice)
    with write():
        Annotation.find(annotation).change(User.find(bob), result=[], lead_time=2.5)
    kept = Annotation.find(annotation)
    assert (kept.completed_by_id, kept.updated_by_id, kept.result, kept.lead_time) == (alice, bob, [], 2.5)
    assert counts() == {(alice, project): 1}


def test_the_last_contribution_goes_back_when_the_latest_is_deleted(alice: int, moved_clock: Clock) -> None:
    project = a_project(alice)
    task = a_task(project)
    an_annotation(task, alice)
    before = last_at(alice, project)
    moved_clock.move(hours=1)
    latest = an_annotation(task, alice)
    assert last_at(alice, project) > before
    with write():
        Annotation.find(latest).remove()
    assert last_at(alice, project) == before
    assert_true()


def test_nobody_contributes_nothing(alice: int) -> None:
    annotation = an_annotation(a_task(a_project(alice)), alice)
    with write():
        Annotation.find(annotation).remove()
    assert counts() == {}
    with pytest.raises(NotFound):
        Annotation.find(annotation)


def test_deleting_a_task_takes_its_annotations_out_of_the_counts(alice: int, bob: int) -> None:
    project = a_project(alice)
    first, second = a_task(project), a_task(project)
    for task in (first, second):
        an_annotation(task, bob)
    an_annotation(first, alice)
    with write():
        Task.find(first).remove()
    assert counts() == {(bob, project): 1}
    assert sums()["projects"] == {project: (1, 1)}
    assert_true()


def test_deleting_a_project_leaves_nothing_of_it(alice: int) -> None:
    doomed, other = a_project(alice), a_project(alice, "Other")
    for project in (doomed, other):
        an_annotation(a_task(project), alice)
    with write():
        Project.find(doomed).remove()
    assert counts() == {(alice, other): 1}
    assert list(sums()["projects"]) == [other]
    assert len(sums()["tasks"]) == 1
    assert db.session.scalar(db.select(db.func.count(Annotation.id))) == 1


def test_many_at_once_count_as_one_by_one(alice: int, bob: int) -> None:
    project, other = a_project(alice), a_project(bob)
    with write():
        tasks = Task.create_many(Project.find(project), [{"data": {"n": n}} for n in range(30)], None)
        more = Task.create_many(Project.find(other), [{"data": {}}], None)
        Annotation.create_many(
            [
                {"task_id": task, "project_id": project, "completed_by_id": author, "was_cancelled": task % 7 == 0}
                for task in tasks
                for author in (alice, bob)
            ]
            + [{"task_id": more[0], "project_id": other, "completed_by_id": bob}]
        )
    assert [Task.find(task).data["n"] for task in tasks] == list(range(30))
    assert_true()
    ids = list(db.session.scalars(db.select(Annotation.id)))
    with write():
        assert Annotation.remove_many(ids[::2]) == len(ids[::2])
    assert_true()
    with write():
        assert Task.remove_many(tasks[:10]) == 10
    assert_true()


def test_the_latest_of_many_is_the_last_contribution(alice: int) -> None:
    project = a_project(alice)
    task = a_task(project)
    moments = [datetime(2024, month, 1, tzinfo=UTC) for month in (3, 7, 5)]
    row = {"task_id": task, "project_id": project, "completed_by_id": alice}
    for moment in moments:
        with write():
            Annotation.create_many([{**row, "created_at": moment}])
    assert last_at(alice, project) == datetime(2024, 7, 1, tzinfo=UTC)
    assert_true()


def test_any_order_of_work_leaves_the_counts_true(alice: int, bob: int) -> None:
    rng = random.Random(4)
    projects = [a_project(alice), a_project(bob)]
    tasks = [a_task(project) for project in projects * 2]
    for _ in range(40):
        ids = list(db.session.scalars(db.select(Annotation.id)))
        verb = rng.choice(["add", "add", "flip", "drop"])
        if verb == "add" or not ids:
            an_annotation(rng.choice(tasks), rng.choice([alice, bob]), was_cancelled=rng.random() < 0.3)
            continue
        with write():
            chosen = Annotation.find(rng.choice(ids))
            chosen.change(User.find(bob), was_cancelled=not chosen.was_cancelled) if verb == "flip" else chosen.remove()
    assert_true()


def test_counting_anew_mends_what_was_broken_from_outside(alice: int) -> None:
    project = a_project(alice)
    an_annotation(a_task(project), alice)
    right = sums()
    with write() as session:
        session.execute(db.update(Project).values(tasks_count=9, annotations_count=9))
        session.execute(db.update(Task).values(annotations_count=9))
        session.execute(db.delete(Contribution))
    with write():
        assert Contribution.rebuild(project) == 1
    assert sums() == right


def in_threads(app: Flask, work: Callable[[int], Any], number: int = 6) -> list[Any]:
    def run(index: int) -> Any:
        with app.app_context():
            try:
                return work(index)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


def test_writers_at_once_lose_no_count(app: Flask, alice: int, bob: int) -> None:
    project = a_project(alice)
    tasks = [a_task(project), a_task(project)]

    def work(index: int) -> None:
        for step in range(5):
            made = an_annotation(tasks[(index + step) % 2], (alice, bob)[index % 2])
            if step % 2:
                with write():
                    Annotation.find(made).remove()

    in_threads(app, work)
    assert counts() == {(alice, project): 9, (bob, project): 9}
    assert_true()


def test_one_annotation_deleted_by_several_at_once_counts_out_once(app: Flask, alice: int) -> None:
    project = a_project(alice)
    task = a_task(project)
    an_annotation(task, alice)
    doomed = an_annotation(task, alice)

    def work(_: int) -> bool:
        try:
            with write():
                Annotation.remove_many([doomed])
        except NotFound:
            return False
        return True

    assert in_threads(app, work).count(True) == 1
    assert counts() == {(alice, project): 1}


def test_an_annotation_on_a_task_that_is_gone_is_refused(alice: int) -> None:
    project = a_project(alice)
    task = Task.find(a_task(project))
    task_id = task.id
    db.session.expunge(task)
    with write():
        Task.remove_many([task_id])
    with pytest.raises(NotFound), write():
        Annotation.create(task, User.find(alice), [])
    assert counts() == {}


@pytest.mark.parametrize("bad", [{"a": "\0"}, {"a": "\ud800"}, {"\0": 1}, {"a": float("nan")}])
def test_what_a_database_cannot_keep_is_refused(alice: int, bad: dict[str, Any]) -> None:
    project = a_project(alice)
    task = a_task(project)
    with pytest.raises(InvalidFields), write():
        Task.create(Project.find(project), bad, None)
    with pytest.raises(InvalidFields), write():
        Annotation.create(Task.find(task), User.find(alice), [bad])
    assert sums()["projects"] == {project: (1, 0)}


def test_only_named_fields_are_ever_written(alice: int) -> None:
    project = a_project(alice)
    annotation = an_annotation(a_task(project), alice)
    with pytest.raises(TypeError), write():
        Annotation.find(annotation).change(User.find(alice), completed_by_id=2)
    with pytest.raises(TypeError), write():
        Project.find(project).change(created_by_id=2)


def test_one_form_sent_by_several_clicks_at_once_makes_one_project(app: Flask, alice: int) -> None:
    made = in_threads(app, lambda _: a_project(alice, form_key="the page's"))
    assert len(set(made)) == 1
    assert list(sums()["projects"]) == made[:1]


@pytest.mark.sqlite
def test_the_last_contribution_is_read_from_the_end_of_an_index(app: Flask, alice: int) -> None:
    project = a_project(alice)
    annotations = [an_annotation(a_task(project), alice) for _ in range(2)]
    with statements(app) as asked, write():
        Annotation.find(annotations[0]).remove()
    with db.engine.connect() as connection:
        plans = [
            str(row[3])
            for statement, parameters in asked
            if statement.startswith(("UPDATE", "DELETE"))
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert any("ix_annotations_project_author (project_id=? AND completed_by_id=?)" in plan for plan in plans)
    assert not [plan for plan in plans if plan.startswith("SCAN") or "TEMP B-TREE" in plan]

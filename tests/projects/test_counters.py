"""The counters equal a recount after every verb, also with several writers at once."""

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
from ls.projects import annotations, counters, tasks
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
    assert counters.contribution_totals(bob) == (2, 1)


def test_a_skip_is_kept_but_does_not_count_until_it_is_submitted(alice: int) -> None:
    project = a_project(alice)
    annotation = an_annotation(a_task(project), alice, was_cancelled=True)
    assert counts() == {}
    for cancelled, expected in ((False, {(alice, project): 1}), (True, {})):
        with write():
            annotations.change(Annotation.find(annotation), User.find(alice), was_cancelled=cancelled)
        assert counts() == expected
        assert_true()


def test_another_member_may_change_the_result_and_the_author_stays(alice: int, bob: int) -> None:
    project = a_project(alice)
    annotation = an_annotation(a_task(project), alice)
    with write():
        annotations.change(Annotation.find(annotation), User.find(bob), result=[], lead_time=2.5)
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
        annotations.delete(Annotation.find(latest))
    assert last_at(alice, project) == before
    assert_true()


def test_without_annotations_there_is_no_contribution(alice: int) -> None:
    annotation = an_annotation(a_task(a_project(alice)), alice)
    with write():
        annotations.delete(Annotation.find(annotation))
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
        tasks.delete(Task.find(first))
    assert counts() == {(bob, project): 1}
    assert sums()["projects"] == {project: (1, 1)}
    assert_true()


def test_bulk_verbs_count_as_single_ones(alice: int, bob: int) -> None:
    project, other = a_project(alice), a_project(bob)
    with write():
        ids = tasks.create_many(Project.find(project), [{"data": {"n": n}} for n in range(30)], None)
        more = tasks.create_many(Project.find(other), [{"data": {}}], None)
        annotations.create_many(
            [
                {"task_id": task, "project_id": project, "completed_by_id": author, "was_cancelled": task % 7 == 0}
                for task in ids
                for author in (alice, bob)
            ]
            + [{"task_id": more[0], "project_id": other, "completed_by_id": bob}]
        )
    assert [Task.find(task).data["n"] for task in ids] == list(range(30))
    assert_true()
    every_second = list(db.session.scalars(db.select(Annotation.id)))[::2]
    with write():
        assert annotations.delete_many(every_second) == len(every_second)
    assert_true()
    with write():
        assert tasks.delete_matching(project, [Task.id.in_(ids[:10])]) == 10
    assert_true()


def test_the_latest_of_many_is_the_last_contribution(alice: int) -> None:
    project = a_project(alice)
    task = a_task(project)
    moments = [datetime(2024, month, 1, tzinfo=UTC) for month in (3, 7, 5)]
    row = {"task_id": task, "project_id": project, "completed_by_id": alice}
    for moment in moments:
        with write():
            annotations.create_many([{**row, "created_at": moment}])
    assert last_at(alice, project) == datetime(2024, 7, 1, tzinfo=UTC)
    assert_true()


def test_after_any_order_of_verbs_the_counts_equal_a_recount(alice: int, bob: int) -> None:
    rng = random.Random(4)
    projects = [a_project(alice), a_project(bob)]
    task_ids = [a_task(project) for project in projects * 2]
    for _ in range(40):
        ids = list(db.session.scalars(db.select(Annotation.id)))
        verb = rng.choice(["add", "add", "flip", "drop"])
        if verb == "add" or not ids:
            an_annotation(rng.choice(task_ids), rng.choice([alice, bob]), was_cancelled=rng.random() < 0.3)
            continue
        with write():
            chosen = Annotation.find(rng.choice(ids))
            if verb == "flip":
                annotations.change(chosen, User.find(bob), was_cancelled=not chosen.was_cancelled)
            else:
                annotations.delete(chosen)
    assert_true()


def test_a_recount_corrects_wrong_counts(alice: int) -> None:
    project = a_project(alice)
    an_annotation(a_task(project), alice)
    right = sums()
    with write() as session:
        session.execute(db.update(Project).values(tasks_count=9, annotations_count=9))
        session.execute(db.update(Task).values(annotations_count=9))
        session.execute(db.delete(Contribution))
    with write():
        assert counters.rebuild(project) == 1
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


def test_concurrent_writers_lose_no_count(app: Flask, alice: int, bob: int) -> None:
    project = a_project(alice)
    task_ids = [a_task(project), a_task(project)]

    def work(index: int) -> None:
        for step in range(5):
            made = an_annotation(task_ids[(index + step) % 2], (alice, bob)[index % 2])
            if step % 2:
                with write():
                    annotations.delete(Annotation.find(made))

    in_threads(app, work)
    assert counts() == {(alice, project): 9, (bob, project): 9}
    assert_true()


def test_an_annotation_deleted_several_times_at_once_is_subtracted_once(app: Flask, alice: int) -> None:
    project = a_project(alice)
    task = a_task(project)
    an_annotation(task, alice)
    doomed = an_annotation(task, alice)

    def work(_: int) -> bool:
        try:
            with write():
                annotations.delete_many([doomed])
        except NotFound:
            return False
        return True

    assert in_threads(app, work).count(True) == 1
    assert counts() == {(alice, project): 1}


def test_an_annotation_on_a_deleted_task_is_refused(alice: int) -> None:
    project = a_project(alice)
    task = Task.find(a_task(project))
    task_id = task.id
    db.session.expunge(task)
    with write():
        tasks.delete_matching(project, [Task.id == task_id])
    with pytest.raises(NotFound), write():
        annotations.create(task, User.find(alice), [])
    assert counts() == {}


@pytest.mark.parametrize("bad", [{"a": "\0"}, {"a": "\ud800"}, {"\0": 1}, {"a": float("nan")}])
def test_json_that_cannot_be_stored_is_refused(alice: int, bad: dict[str, Any]) -> None:
    project = a_project(alice)
    task = a_task(project)
    with pytest.raises(InvalidFields), write():
        tasks.create(Project.find(project), bad, None)
    with pytest.raises(InvalidFields), write():
        annotations.create(Task.find(task), User.find(alice), [bad])
    assert sums()["projects"] == {project: (1, 0)}


def test_only_named_fields_are_ever_written(alice: int) -> None:
    project = a_project(alice)
    annotation = an_annotation(a_task(project), alice)
    with pytest.raises(TypeError), write():
        annotations.change(Annotation.find(annotation), User.find(alice), completed_by_id=2)
    with pytest.raises(TypeError), write():
        Project.find(project).change(created_by_id=2)


@pytest.mark.sqlite
def test_the_last_contribution_is_read_from_the_end_of_an_index(app: Flask, alice: int) -> None:
    project = a_project(alice)
    first, _ = [an_annotation(a_task(project), alice) for _ in range(2)]
    with statements(app) as asked, write():
        annotations.delete(Annotation.find(first))
    with db.engine.connect() as connection:
        plans = [
            str(row[3])
            for statement, parameters in asked
            if statement.startswith(("UPDATE", "DELETE"))
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert any("ix_annotations_project_author (project_id=? AND completed_by_id=?)" in plan for plan in plans)
    assert not [plan for plan in plans if plan.startswith("SCAN") or "TEMP B-TREE" in plan]

"""Annotations per week: which week an annotation is in, and what is left out."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask, render_template_string
from sqlalchemy import update

from ls.db.transaction import write
from ls.models import Annotation
from ls.projects.deletion import delete_project
from ls.queries.charts import WEEKS, Week, weekly_annotations
from tests.cast import Cast
from tests.factories import a_project, a_task, an_annotation
from tests.growth import Statement, grow
from tests.statements import statements

THURSDAY = datetime(2026, 11, 26, 10, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def annotated(task: int, author: int, moment: datetime, **fields: bool) -> None:
    annotation = an_annotation(task, author, **fields)
    with write() as session:
        session.execute(update(Annotation).where(Annotation.id == annotation).values(created_at=moment))


def numbers(weeks: list[Week]) -> dict[int, int]:
    """Weeks ago, and how many annotations."""
    return {(MONDAY - week.start).days // 7: week.annotations_count for week in weeks if week.annotations_count}


@time_machine.travel(THURSDAY, tick=False)
def test_a_week_begins_on_monday_and_twelve_are_shown(app: Flask, cast: Cast) -> None:
    alice = cast.alice(sign_in=False).id
    with app.app_context():
        task = a_task(a_project(alice))
        oldest = MONDAY - timedelta(weeks=WEEKS - 1)
        for moment in (THURSDAY, MONDAY, MONDAY - SECOND, oldest, oldest - SECOND):
            annotated(task, alice, moment)
        weeks = weekly_annotations([alice])[alice]
    assert [week.start for week in weeks] == [oldest + timedelta(weeks=number) for number in range(WEEKS)]
    assert numbers(weeks) == {0: 2, 1: 1, WEEKS - 1: 1}


@time_machine.travel(THURSDAY, tick=False)
def test_skips_hidden_projects_and_the_work_of_others_are_left_out(app: Flask, cast: Cast) -> None:
    alice, bob = cast.alice(sign_in=False).id, cast.bob(sign_in=False).id
    with app.app_context():
        photos, streets, gone = (a_project(alice, title) for title in ("Photos", "Streets", "Gone"))
        for project, author in ((photos, alice), (streets, alice), (streets, bob), (gone, alice)):
            annotated(a_task(project), author, THURSDAY)
        annotated(a_task(photos), alice, THURSDAY, was_cancelled=True)
        with write():
            delete_project(gone)
        assert {key: numbers(weeks) for key, weeks in weekly_annotations([alice, bob]).items()} == {
            alice: {0: 2},
            bob: {0: 1},
        }
        assert numbers(weekly_annotations([alice], streets)[alice]) == {0: 1}


@pytest.mark.parametrize("is_of_project", [False, True])
def test_it_reads_an_index_of_annotations(app: Flask, cast: Cast, is_of_project: bool) -> None:
    alice = cast.alice(sign_in=False).id
    grow(app, alice)
    with app.app_context(), statements(app) as seen:
        assert sum(week.annotations_count for week in weekly_annotations([alice], int(is_of_project))[alice]) > 0
    (one,) = (Statement(*sent).explain(app) for sent in seen)
    index = "ix_annotations_project_author" if is_of_project else "ix_annotations_author"
    # PostgreSQL chooses among its ways to read an index by the size of the table.
    ways = (f"USING COVERING INDEX {index}", "Index Only Scan annotations", "Bitmap Index Scan ix_annotations_")
    assert any(way in step for way in ways for step in one.steps), one


def test_the_chart_is_drawn_and_told(app: Flask) -> None:
    weeks = [Week(MONDAY - timedelta(weeks=ago), count) for ago, count in ((2, 0), (1, 4), (0, 12_345))]
    template = '{% import "_chart.html" as chart %}{{ chart.weekly(weeks, "Annotations per week") }}'
    with app.test_request_context():
        drawn = render_template_string(template, weeks=weeks)
    assert drawn.count("<rect") == 2
    assert ">12K</text>" in drawn
    assert "<td>12,345</td>" in drawn
    assert "<td>0</td>" in drawn
    assert "style=" not in drawn

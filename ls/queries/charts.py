"""Annotations per week, for the charts of people and of a project's contributors."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import case, func, select

from ls.db.extensions import db
from ls.db.types import utcnow
from ls.models import Annotation
from ls.models.project import in_visible_project

WEEKS = 12


class Week(NamedTuple):
    """A week from Monday on, in UTC, and how many annotations were submitted in it."""

    start: datetime
    annotations_count: int


def weekly_annotations(user_ids: Sequence[int], project_id: int | None = None) -> dict[int, list[Week]]:
    """The last twelve weeks of each of these users, this one the last: in one project, or in all together."""
    starts = _starts()
    # The latest start that is not after the annotation; neither database has a function for this that both have.
    number = case(*((Annotation.created_at >= start, index) for index, start in reversed([*enumerate(starts)])))
    chosen = Annotation.project_id == project_id if project_id else in_visible_project(Annotation.project_id)
    counted = (Annotation.completed_by_id.in_(user_ids), Annotation.created_at >= starts[0])
    statement = (
        select(func.count(), Annotation.completed_by_id, number.label("number"))
        .where(*counted, Annotation.was_cancelled.is_(False), chosen)
        .group_by(Annotation.completed_by_id, "number")
    )
    counts = {(user_id, index): count for count, user_id, index in db.session.execute(statement)}
    return {
        user_id: [Week(start, counts.get((user_id, index), 0)) for index, start in enumerate(starts)]
        for user_id in user_ids
    }


def _starts() -> list[datetime]:
    today = utcnow().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today - timedelta(days=today.weekday())
    return [monday - timedelta(weeks=ago) for ago in reversed(range(WEEKS))]

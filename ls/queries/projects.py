"""What the pages list: by keyset, so that the last page costs what the first does; one statement each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import request
from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased, contains_eager, joinedload

from ls.db.extensions import db
from ls.exceptions import NotFound
from ls.models import Contribution, Project, Task, User
from ls.validation import BIGGEST_ID

PAGE = 50
SHOWN_PERSON = (User.email, User.first_name, User.last_name, User.status, User.avatar_name)

Row = TypeVar("Row", Project, Task)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows, and the query of the pages around them."""

    rows: Sequence[Row]
    previous: dict[str, int] | None
    next: dict[str, int] | None

    @property
    def is_past_the_end(self) -> bool:
        """Was a page asked for that is not there (any more)?"""
        return not self.rows and (_cursor("after") or _cursor("before")) is not None


def projects() -> Page[Project]:
    """The newest first, with their creators."""
    shown = joinedload(Project.created_by).load_only(*SHOWN_PERSON, raiseload=True)
    return _page(select(Project).options(shown), Project.id, newest_first=True)


def tasks(project_id: int) -> Page[Task]:
    """A project's tasks in their order."""
    return _page(select(Task).where(Task.project_id == project_id), Task.id, newest_first=False)


def project(project_id: int) -> Project:
    """The project with its creator. Raises NotFound."""
    if project_id > BIGGEST_ID:
        raise NotFound
    shown = joinedload(Project.created_by).load_only(*SHOWN_PERSON, raiseload=True)
    found = db.session.scalar(select(Project).where(Project.id == project_id).options(shown))
    if found is None:
        raise NotFound
    return found


def contributors(project_id: int) -> tuple[list[Contribution], int]:
    """Those who did most, and how many there are in all."""
    most = (
        select(Contribution, func.count().over().label("people"))
        .where(Contribution.project_id == project_id)
        .order_by(Contribution.annotations_count.desc(), Contribution.user_id)
        .limit(PAGE)
        .subquery("most")
    )
    shown = aliased(Contribution, most)  # chosen before they are joined, as a project may have thousands
    statement = (
        select(shown, most.c.people)
        .join(shown.user)
        .options(contains_eager(shown.user).load_only(*SHOWN_PERSON, raiseload=True))
        .order_by(shown.annotations_count.desc(), shown.user_id)
    )
    rows = db.session.execute(statement).all()
    return [row[0] for row in rows], rows[0][1] if rows else 0


def _page(statement: Select[Row], key: InstrumentedAttribute[int], *, newest_first: bool) -> Page[Row]:
    after, before = _cursor("after"), _cursor("before")
    backwards = after is None and before is not None
    descending = newest_first != backwards
    cursor = before if backwards else after
    if cursor is not None:
        statement = statement.where(key < cursor if descending else key > cursor)
    ordered = statement.order_by(key.desc() if descending else key.asc()).limit(PAGE + 1)
    found = list(db.session.scalars(ordered))
    rows, more = found[:PAGE], len(found) > PAGE
    if backwards:
        rows.reverse()
    # Going back, the page one came from lies ahead; going on, it lies behind.
    has_previous, has_next = (more, True) if backwards else (cursor is not None, more)
    return Page(
        rows,
        {"before": rows[0].id} if rows and has_previous else None,
        {"after": rows[-1].id} if rows and has_next else None,
    )


def _cursor(name: str) -> int | None:
    value: Any = request.args.get(name, type=int)
    return value if value is not None and 0 <= value <= BIGGEST_ID else None

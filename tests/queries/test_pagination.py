"""Lists in the order of their ids: page by page, there and back, whatever the cursor."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Event, Project, Task
from ls.queries.audit_log import Filter, list_events
from ls.queries.pagination import PAGE_SIZE, Page
from ls.queries.projects import list_projects, list_tasks

NUMBER = 2 * PAGE_SIZE + 7
LISTS: dict[str, Callable[..., Page[Any]]] = {
    "projects": list_projects,
    "tasks": lambda **cursor: list_tasks(1, **cursor),
    "events": lambda **cursor: list_events(Filter(kind="login"), **cursor),
}


@pytest.fixture(params=LISTS)
def listed(app: Flask, request: pytest.FixtureRequest) -> Callable[..., Page[Any]]:
    """A list of three pages."""
    with app.app_context():
        with write() as session:
            session.execute(insert(Project), [{"title": "Photos"} for _ in range(NUMBER)])
            session.execute(insert(Task), [{"project_id": 1, "data": {}} for _ in range(NUMBER)])
            session.execute(insert(Event), [{"kind": "login"} for _ in range(NUMBER)])
        db.session.remove()
    wanted = LISTS[request.param]

    def read(**cursor: str) -> Page[Any]:
        with app.app_context():
            return wanted(**cursor)

    return read


def test_the_pages_together_are_the_list_there_and_back(listed: Callable[..., Page[Any]]) -> None:
    first = listed()
    second = listed(after=first.next)
    third = listed(after=second.next)
    ids = [row.id for page in (first, second, third) for row in page.rows]
    assert ids in (list(range(1, NUMBER + 1)), list(range(NUMBER, 0, -1)))
    assert (first.previous, third.next) == (None, None)
    assert listed(before=third.previous) == second
    assert listed(before=second.previous) == first


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", str(2**31), "9" * 5000, "\0", "\udcff"])
def test_a_broken_cursor_is_the_first_page(listed: Callable[..., Page[Any]], cursor: str) -> None:
    assert listed(after=cursor) == listed(before=cursor) == listed()


def test_past_either_end_is_the_first_page(listed: Callable[..., Page[Any]]) -> None:
    first = listed()
    for row in (first.rows[0], first.rows[-1]):
        assert listed(before=str(row.id)) == first
    last_row = listed(after=listed(after=first.next).next).rows[-1]
    assert listed(after=str(last_row.id)) == first

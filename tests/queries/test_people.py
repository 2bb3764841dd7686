"""The People list: who is on it, in which order, page by page."""

from base64 import urlsafe_b64encode
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import select

from ls.accounts import deletion
from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import utcnow
from ls.models import Contribution, Project, User
from ls.models.user import ACTIVE, DEACTIVATED
from ls.queries.people import LAST, SORTS, STATUSES, PeopleFilter, list_people, place_of
from tests.cast import Cast
from tests.growth import crowd

ORDERS = [*SORTS, *(f"-{name}" for name in SORTS)]
SHOWN = {"active": {ACTIVE}, "deactivated": {DEACTIVATED}, "all": {ACTIVE, DEACTIVATED}}


def share_out_work() -> dict[int, int]:
    """Give every second person annotations, some of them as many as others; one project of two is deleted."""
    ids = db.session.scalars(select(User.id)).all()[::2]
    with write() as session:
        projects = [Project(title="Kept"), Project(title="Deleted", deleted_at=utcnow())]
        session.add_all(projects)
        session.flush()
        for (index, user_id), project in product(enumerate(ids), projects):
            given = {"annotations_count": 1 + index % 5, "last_at": utcnow()}
            session.add(Contribution(user_id=user_id, project_id=project.id, **given))
    db.session.rollback()
    return {user_id: 1 + index % 5 for index, user_id in enumerate(ids)}


def walk(wanted: PeopleFilter, size: int) -> list[int]:
    """The ids of all pages, one after another; each knows its place, and on the way back is the same again."""
    page, pages = list_people(wanted, size=size), []
    while page.next:
        pages.append(page)
        page = list_people(wanted, after=page.next, size=size)
    everybody = [person.id for each in [*pages, page] for person in each.rows]
    for number, each in enumerate([*pages, page]):
        assert place_of(wanted, each) == (number * size + 1, len(everybody))
    for number, each in enumerate([*pages, page] if everybody else []):
        assert list_people(wanted, size=size, showing=each.rows[-1].id) == each, number
    assert list_people(wanted, before=LAST, size=size) == page
    back = page
    for former in reversed(pages):
        back = list_people(wanted, before=back.previous, size=size)
        assert back == former
    return everybody


@pytest.mark.parametrize("status", STATUSES)
def test_the_pages_together_are_the_whole_list_in_order(app: Flask, status: str) -> None:
    crowd(app, 40)
    with app.app_context():
        annotated = share_out_work()
        users = db.session.scalars(select(User).where(User.status.in_(SHOWN[status]))).all()
        for sort, q in product(ORDERS, ["", "name0", "1 p0", "nobody"]):
            chosen = [user for user in users if all(word in user.search_text for word in q.split())]
            column = SORTS[sort.removeprefix("-")].key
            keys = [(getattr(user, column) if column else annotated.get(user.id, 0), user.id) for user in chosen]
            keys.sort(reverse=sort.startswith("-"))
            assert walk(PeopleFilter(sort, status, q), 7) == [user_id for _, user_id in keys]


def test_an_accent_does_not_move_a_name(app: Flask, cast: Cast) -> None:
    for first_name in ("Zoe", "Ärne", "Arno", "Øle", "Olga", "Ádám"):
        cast.person(f"p{ord(first_name[0])}", sign_in=False, first_name=first_name)
    with app.app_context():
        names = [person.first_name for person in list_people(PeopleFilter("name")).rows]
    assert names == ["Ádám", "Ärne", "Arno", "Øle", "Olga", "Zoe"]


def test_a_deleted_user_is_on_no_list(app: Flask, cast: Cast) -> None:
    cast.alice(sign_in=False)
    bob = cast.bob(sign_in=False)
    with app.app_context():
        with write():
            deletion.delete(db.session.get_one(User, bob.id))
        for status, sort in product(STATUSES, SORTS):
            assert bob.id not in [person.id for person in list_people(PeopleFilter(sort, status)).rows]


def encoded(raw: str) -> str:
    return urlsafe_b64encode(raw.encode()).decode().rstrip("=")


NO_CURSORS = [
    *("", "x", "%00", "ü", "\udcff", "A" * 10_000),
    *map(encoded, ("[]", "[1, 2]", '["a", "b"]', '["a", 1e400]', '["\\u0000", 1]', '["\\ud800", 1]', '["a", -1]')),
    *map(encoded, (f'["a", {2**70}]', "[" * 3000, '{"a": 1}', '["a", true]', '["a", 1, 2]', "null", '"ab"')),
]


@pytest.mark.parametrize("sort", ["email", "last_activity"])
def test_a_broken_cursor_is_the_first_page(app: Flask, sort: str) -> None:
    crowd(app, 10)
    with app.app_context():
        first = list_people(PeopleFilter(sort), size=5)
        for cursor in NO_CURSORS:
            assert list_people(PeopleFilter(sort), size=5, after=cursor) == first, cursor
            assert list_people(PeopleFilter(sort), size=5, before=cursor) == first, cursor


def test_past_either_end_is_the_first_page(app: Flask) -> None:
    crowd(app, 10)
    with app.app_context():
        first = list_people(PeopleFilter(), size=3)
        assert list_people(PeopleFilter(), size=3, after=encoded('["z", 1]')) == first
        assert list_people(PeopleFilter(), size=3, before=encoded('["a", 1]')) == first


@pytest.mark.parametrize("status", ["active", "all"])
@pytest.mark.parametrize("q", ["", "example"])
def test_nobody_is_left_out_beside_somebody_who_was_deleted_meanwhile(app: Flask, status: str, q: str) -> None:
    crowd(app, 9)
    wanted = PeopleFilter("name", status, q)
    with app.app_context():
        ids = walk(wanted, 9)
        first = list_people(wanted, size=3)
        second = list_people(wanted, after=first.next, size=3)
        with write() as session:
            for user_id in (ids[2], ids[3]):  # the last of one page, the first of the other
                deletion.delete(session.get_one(User, user_id))
        db.session.rollback()
        assert [person.id for person in list_people(wanted, after=first.next, size=3).rows][:2] == ids[4:6]
        assert [person.id for person in list_people(wanted, before=second.previous, size=2).rows] == ids[:2]

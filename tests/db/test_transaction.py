"""`write()`: it locks first, reads rows again, and writes everything or nothing."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import Organization, User
from tests.cast import Cast


def test_read_then_write_from_many_threads_loses_nothing(app: Flask) -> None:
    def count_up() -> None:
        with app.app_context():
            for _ in range(25):
                with write():
                    organization = Organization.lock_for_update()
                    organization.active_members += 1
            db.session.remove()

    in_threads(8, count_up)
    with app.app_context():
        assert Organization.get().active_members == 200


def in_threads(number: int, work: Callable[[], None]) -> None:
    """Run the work in threads; the first exception is raised here."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_what_was_read_before_is_read_again_inside(app: Flask, cast: Cast) -> None:
    alice = cast.alice(sign_in=False)
    with app.app_context():
        user = db.session.get_one(User, alice.id)
        with db.engine.connect().execution_options(write=True) as other:
            other.execute(text("UPDATE users SET first_name = 'Anna'"))
            other.commit()
        with write():
            assert user.first_name == "Anna"


def test_an_exception_rolls_everything_back(app: Flask, cast: Cast) -> None:
    alice = cast.alice(sign_in=False)
    with app.app_context():
        with pytest.raises(ZeroDivisionError), write():  # noqa: PT012  # the block is what is rolled back
            db.session.get_one(User, alice.id).first_name = "Anna"
            db.session.flush()
            raise ZeroDivisionError
        assert db.session.get_one(User, alice.id).first_name == ""


def test_writing_cannot_be_nested(app: Flask) -> None:
    with app.app_context(), write(), pytest.raises(RuntimeError, match="nested"), write():
        pass

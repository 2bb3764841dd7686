"""What signing in costs beyond its hash; reported only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from statistics import median

from sqlalchemy import select

from bench.data import PASSWORD
from bench.installation import Installation
from bench.table import Reach
from ls.db.extensions import db
from ls.models import User
from ls.security import passwords
from tests.cast import Browser

SIGN_INS = 30


def beyond_the_hash(large: Installation) -> Iterator[Reach]:
    """A whole sign-in and the hash alone, in turn."""
    with large.app.app_context():
        people = db.session.execute(select(User.email, User.password_hash).where(User.password_hash.is_not(None))).all()
    whole, alone = [], []
    for email, stored in people[1 : SIGN_INS + 1]:
        browser = Browser(large.app)
        form = {"csrf_token": browser.csrf(), "email": email, "password": PASSWORD}
        whole.append(_seconds(lambda client=browser.client, form=form: client.post("/user/login/", data=form)))  # type: ignore[misc]  # mypy infers no default of a lambda
        alone.append(_seconds(lambda stored=stored: passwords.verify(stored, PASSWORD)))  # type: ignore[misc]  # as above
    ours, hashing = median(whole), median(alone)
    figure = f"{ours * 1000:.1f} ms, the hash alone {hashing * 1000:.1f} ms"
    yield Reach("sign-in beyond its hash", figure, (ours - hashing) / hashing * 100, None, "%")


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began

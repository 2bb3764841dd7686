"""Who is signed in, with its type."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import abort, g
from flask_login import current_user

from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import LoginSession, User
from ls.models.visitor import Visitor


def visitor() -> Visitor | None:
    """The signed-in person, or None."""
    found: Visitor | None = current_user._get_current_object()  # noqa: SLF001  # the proxy's documented way to its object
    return found if found is not None and found.is_authenticated else None


def me() -> Visitor:
    """The signed-in person as the request found her, in a view that the guard keeps for members."""
    found = visitor()
    if found is None:
        raise RuntimeError("this view is not for visitors")
    return found


def member() -> User:
    """Her account, to act on."""
    return db.session.get_one(User, me().id)


@contextmanager
def acting() -> Iterator[LoginSession]:
    """`write()` on behalf of the signed-in person: who was signed out meanwhile changes nothing."""
    login = me().login
    with write():
        session = db.session.get(LoginSession, login.id) if login else None
        if session is None:
            abort(401)
        yield session
    g.pop("_login_user", None)  # where Flask-Login keeps who it found: what the page shows is read anew

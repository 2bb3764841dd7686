"""Who is signed in, with its type, and writing only as long as she is."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import abort
from flask_login import current_user
from sqlalchemy import inspect

from ls.extensions import db
from ls.models import LoginSession, User
from ls.transaction import write


def visitor() -> User | None:
    """The signed-in person, or None."""
    user: User | None = current_user._get_current_object()  # noqa: SLF001  # the proxy's documented way to its object
    return user if user is not None and user.is_authenticated else None


def member() -> User:
    """The signed-in person, in a view that the guard keeps for members."""
    user = visitor()
    if user is None:
        raise RuntimeError("this view is not for visitors")
    return user


def here() -> LoginSession:
    """The session of this request."""
    session = member().login_session
    if session is None:
        abort(401)  # no page opens by API token
    return session


@contextmanager
def acting() -> Iterator[LoginSession]:
    """`write()`, with this request's session read again: one that ended meanwhile changes nothing."""
    identity = inspect(here()).identity  # its columns may be read again only once it is known to be there
    with write():
        session = db.session.get(LoginSession, identity)
        if session is None:
            abort(401)
        yield session

"""Where a user is logged in."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select

from ls.db.extensions import db
from ls.db.types import utcnow
from ls.models import LoginSession, Organization, User

LISTED = 20


class Sessions(NamedTuple):
    """The latest sessions of a user, and how many there are in all."""

    shown: list[LoginSession]
    total: int


def list_sessions(user: User) -> Sessions:
    """Where the current user is logged in, the latest first; this session is always among those shown.

    A script may log in a thousand times a day, so at most LISTED are read.
    """
    active = (LoginSession.user_id == user.id, *alive(user.organization))
    total = select(func.count()).select_from(LoginSession).where(*active).scalar_subquery()
    order = (LoginSession.last_seen.desc(), LoginSession.id.desc())
    rows = db.session.execute(select(LoginSession, total).where(*active).order_by(*order).limit(LISTED)).all()
    shown = [row[0] for row in rows]
    if user.login is not None and user.login not in shown:
        shown[-1:] = [user.login]
    return Sessions(shown, rows[0][1] if rows else 0)


def alive(organization: Organization) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The conditions of sessions that no limit of the session policy has ended."""
    moment = utcnow()
    return (
        LoginSession.created_at > moment - organization.max_session_age,
        LoginSession.last_seen > moment - organization.max_idle,
    )

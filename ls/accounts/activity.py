"""When a user was last active."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from ls.accounts import rate_limit
from ls.accounts.rate_limit import Bucket
from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import utcnow
from ls.models import LoginSession, Organization, User
from ls.models.user import ACTIVE


def note(user: User, known: Sequence[Bucket] = ()) -> None:
    """Note that the current user is active, in the account and in the session, and what `rate_limit` should know."""
    moment, login = utcnow(), user.login
    active = update(User).where(User.id == user.id, User.status == ACTIVE)
    statements: list[Any] = [active.values(last_activity=moment, activity_key=moment)]
    if login is None and not user.organization.has_scripts:
        statements.insert(0, update(Organization).values(has_scripts=True))
    if login is not None:
        statements.append(update(LoginSession).where(LoginSession.id == login.id).values(last_seen=moment))
    with suppress(OperationalError), write():  # while the database is locked or full, reading goes on
        for statement in statements:
            db.session.execute(statement, execution_options={"synchronize_session": False})
        rate_limit.note(known)

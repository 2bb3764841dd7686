"""Logging in: one answer and the same work for every attempt that is refused."""

import secrets
from hashlib import sha256
from typing import Any

from flask import current_app
from sqlalchemy import delete, or_, select

from ls.accounts import confirmation, rate_limit
from ls.accounts.emails import MAX_LENGTH
from ls.accounts.rate_limit import Bucket
from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import utcnow
from ls.exceptions import CredentialsWrong, EmailUnconfirmed
from ls.models import Event, LoginSession, Organization, User
from ls.models.event import audit_context
from ls.models.user import ACTIVE, email_key
from ls.security import passwords


def sign_in(email: str, password: str, *, persistent: bool) -> User:
    """The user behind these credentials, with a session that has just begun.

    Raises CredentialsWrong for an unknown or deactivated account, one without a password, and a wrong
    password alike, after the same work; Throttled before any. Raises EmailUnconfirmed, after another link was sent.
    """
    key = email_key(email)
    buckets = rate_limit.reserve_sign_in(key or email.casefold()[:MAX_LENGTH], audit_context().address)
    found: Any = db.session.execute(
        select(User.id, User.status, User.password_hash).where(User.email_key == key, User.email_key.is_not(None))
    ).first()
    db.session.rollback()  # no transaction is open while the hash is computed
    stored: str | None = found.password_hash if found and found.status == ACTIVE else None
    if not passwords.verify(stored, password) or stored is None:
        with write():
            Event.record("login_failed", found)
        raise CredentialsWrong
    renewed = passwords.hash_password(password) if passwords.needs_renewal(stored) else None
    return _begin(found.id, stored, renewed, buckets, persistent=persistent)


def _begin(user_id: int, verified: str, renewed: str | None, buckets: list[Bucket], *, persistent: bool) -> User:
    with write():
        user = db.session.get(User, user_id, with_for_update={"key_share": True})
        if user is None or not user.is_active or user.password_hash != verified:
            raise CredentialsWrong  # deactivated, or the password changed, while the hash was computed
        if renewed is not None:
            user.password_hash = renewed
        if current_app.config["CONFIRM_EMAIL"] and (last := confirmation.waiting_since(user)):
            confirmation.ask_again(user, last)
        else:
            organization = Organization.get()
            _delete_expired_sessions(user, organization)
            rate_limit.refund(buckets)
            Event.record("login", user, actor=user)
            begin_session(user, organization, persistent=persistent)
    return admitted(user)


def admitted(user: User) -> User:
    """The user, if their session has begun. Raises EmailUnconfirmed."""
    if not user.session_token:
        raise EmailUnconfirmed
    return user


def begin_session(user: User, organization: Organization, *, persistent: bool) -> None:
    """Inside `write()`: begin a session; its new random token stands in `user.session_token` for the cookie."""
    token, context, moment = secrets.token_urlsafe(32), audit_context(), utcnow()
    db.session.add(
        LoginSession(
            user_id=user.id,
            digest=sha256(token.encode()).digest(),
            created_at=moment,
            last_seen=moment,
            address=context.address,
            agent=context.agent,
            persistent=persistent,
        )
    )
    user.session_token, user.organization, user.last_login = token, organization, moment


def _delete_expired_sessions(user: User, organization: Organization) -> None:
    """Delete the sessions of this user that have expired, so that the table does not grow."""
    begun, seen = utcnow() - organization.max_session_age, utcnow() - organization.max_idle
    expired = or_(LoginSession.created_at < begun, LoginSession.last_seen < seen)
    statement = delete(LoginSession).where(LoginSession.user_id == user.id, expired)
    db.session.execute(statement, execution_options={"synchronize_session": False})

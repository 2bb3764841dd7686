"""Who is asking: found by API credential or by session in one statement, and noted as active."""

from contextlib import suppress
from datetime import timedelta

from flask import Response, g, request
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import contains_eager
from sqlalchemy.orm.exc import ObjectDeletedError

from ls.clock import now
from ls.crypto import digest
from ls.extensions import db
from ls.models import ApiToken, LoginSession, Organization, User
from ls.models.organization import THE_ONE
from ls.models.user import ACTIVE, NEVER
from ls.transaction import write

NOTE_EVERY = timedelta(seconds=60)

# Built once: making a statement anew costs more than running it.
BY_SESSION = (
    select(LoginSession, Organization)
    .join(LoginSession.user)
    .join(Organization, Organization.id == THE_ONE)
    .where(LoginSession.digest == bindparam("digest"), User.status == ACTIVE)
    .options(contains_eager(LoginSession.user))
)
BY_TOKEN = (
    select(User, Organization)
    .join(ApiToken, ApiToken.user_id == User.id)
    .join(Organization, Organization.id == THE_ONE)
    .where(ApiToken.lookup == bindparam("lookup"), User.status == ACTIVE, Organization.api_tokens_enabled.is_(True))
)


def is_api() -> bool:
    """Is this a call of the API, which is answered in JSON whatever happens?"""
    return request.path.startswith("/api/") or request.path == "/api"


def identify(session_id: str | None) -> User | None:
    """The person behind this request: by API credential if one is sent, else by session."""
    if is_api():
        credential = api_credential()
        if credential is not None:
            g.by_token = True
            return _by_credential(credential)
    return _by_session(session_id) if session_id else None


def api_credential() -> str | None:
    """What the request presents as `Token`, `Bearer` or `X-Api-Key`, or None."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() in {"token", "bearer"}:
        return value.strip()
    return request.headers.get("X-Api-Key")


def _by_credential(credential: str) -> User | None:
    if credential.startswith("eyJ") and credential.count(".") == 2:
        from ls.personal_tokens import user_of_access_token

        user = user_of_access_token(credential)
        if user is not None:
            return user
    found = db.session.execute(BY_TOKEN, {"lookup": ApiToken.lookup_of(credential)}).first()
    if found is None:
        return None
    user, g.organization = found
    return user


def _by_session(session_id: str) -> User | None:
    found = db.session.execute(BY_SESSION, {"digest": digest(session_id)}).first()
    if found is None:
        return None
    row, organization = found
    if row.is_over(max_age=organization.max_session_age, max_idle=organization.max_idle):
        return None
    user: User = row.user
    user.login_session, user.session_id = row, session_id
    g.max_idle, g.max_session_age = organization.max_idle, organization.max_session_age
    g.organization = organization  # held here, so that Organization.get() finds it without a query
    return user


def note_activity(response: Response) -> Response:
    """Note that the person is active, at most once a minute, after the answer's reads.

    A shorter idle limit is noted more often, so that it never ends the session of somebody active.
    """
    user = g.get("_login_user")
    if user is None or not user.is_authenticated or g.get("signed_out"):
        return response
    with suppress(ObjectDeletedError):  # signed out from another device while this request ran
        _note(user, min(NOTE_EVERY, g.get("max_idle", NOTE_EVERY * 2) / 2))
    return response


def _note(user: User, every: timedelta) -> None:
    seen = user.login_session.last_seen if user.login_session else user.last_activity
    moment = now()
    if seen is None or moment - seen >= every or moment - (user.last_activity or NEVER) >= NOTE_EVERY:
        _write_activity(user)


def _write_activity(user: User) -> None:
    user_id, session_id, moment = user.id, user.login_session and user.login_session.id, now()
    with write():
        db.session.execute(
            update(User).where(User.id == user_id).values(last_activity=moment, activity_key=moment),
            execution_options={"synchronize_session": False},
        )
        if session_id:
            db.session.execute(
                update(LoginSession).where(LoginSession.id == session_id).values(last_seen=moment),
                execution_options={"synchronize_session": False},
            )

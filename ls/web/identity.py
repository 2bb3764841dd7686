"""Who is asking: found by API credential or by session, and noted as active."""

from contextlib import suppress
from datetime import datetime, timedelta

from flask import Response, g, request
from sqlalchemy import Update, update
from sqlalchemy.exc import OperationalError

from ls.db.extensions import db
from ls.db.transaction import write
from ls.db.types import utcnow
from ls.models import LoginSession, User
from ls.models import visitor as visitors
from ls.models.user import ACTIVE
from ls.models.visitor import Visitor
from ls.security.crypto import digest

NOTE_EVERY = timedelta(seconds=60)

def is_api() -> bool:
    """Is this a call of the API, which is answered in JSON whatever happens?"""
    return request.path.startswith("/api/") or request.path == "/api"


def identify(session_id: str | None) -> Visitor | None:
    """The person behind this request: by API credential if one is sent, else by session."""
    if is_api():
        credential = api_credential()
        if credential is not None:
            g.by_token = True
            return _by_credential(credential)
    return visitors.by_session(digest(session_id)) if session_id else None


def api_credential() -> str | None:
    """What the request presents as `Token`, `Bearer` or `X-Api-Key`, or None."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() in {"token", "bearer"}:
        return value.strip()
    return request.headers.get("X-Api-Key")


def _by_credential(credential: str) -> Visitor | None:
    if credential.startswith("eyJ") and credential.count(".") == 2:
        from ls.accounts.jwt_tokens import owner_of_access_token

        owner = owner_of_access_token(credential)
        if owner is not None:
            return visitors.by_id(owner)
    return visitors.by_api_token(credential)


def note_activity(response: Response) -> Response:
    """Note that the person is active, at most once a minute, after the answer's reads.

    A shorter idle limit is noted more often, so that it never ends the session of somebody active.
    """
    visitor = g.get("_login_user")
    if not isinstance(visitor, Visitor) or g.get("signed_out"):
        return response
    limit = visitor.idle_limit
    moment, every = utcnow(), NOTE_EVERY if limit is None else min(NOTE_EVERY, limit / 2)
    if moment - visitor.noted_at >= every:
        # If the database is locked or full: an answer that was read must not be lost for a note that the next makes.
        with suppress(OperationalError):
            _write_activity(visitor, moment)
    return response


def _write_activity(visitor: Visitor, moment: datetime) -> None:
    active = update(User).where(User.id == visitor.id, User.status == ACTIVE)
    statements: list[Update] = [active.values(last_activity=moment, activity_key=moment)]
    if visitor.login is not None:
        seen = update(LoginSession).where(LoginSession.id == visitor.login.id)
        statements.append(seen.values(last_seen=moment))
    with write():
        for statement in statements:
            db.session.execute(statement, execution_options={"synchronize_session": False})

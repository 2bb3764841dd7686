"""Whose request this is, by one small statement, for those who were noted as active a moment ago: most requests.

A page of a guarded tool is a hundred requests, each of which is checked, and reading the account as pages do would take
longer than all the rest. Whoever is not found here is asked for in the usual way, which decides.
"""

from hashlib import sha256
from typing import Any, NamedTuple

from flask import session
from sqlalchemy import bindparam, select

from ls.db.extensions import db
from ls.db.types import utcnow
from ls.models import ApiToken, LoginSession, Organization, User
from ls.models.organization import DEFAULT_ORGANIZATION_ID, NOTE_ACTIVITY_EVERY, session_limit
from ls.models.user import ACTIVE
from ls.names import full_name
from ls.web.auth import api_credential

_ACTIVE = (
    select(User.id, User.email, User.first_name, User.last_name)
    .select_from(User)
    .join(Organization, Organization.id == DEFAULT_ORGANIZATION_ID)
    .where(User.status == ACTIVE, User.last_activity > bindparam("since"))
)
_BY_SESSION = (
    _ACTIVE.add_columns(LoginSession.created_at, Organization.session_max_age, Organization.session_max_idle)
    .join(LoginSession, LoginSession.user_id == User.id)
    .where(LoginSession.digest == bindparam("key"), LoginSession.last_seen > bindparam("since"))
)
_BY_TOKEN = _ACTIVE.join(ApiToken, ApiToken.user_id == User.id).where(
    ApiToken.lookup == bindparam("key"), Organization.api_tokens_enabled, Organization.has_scripts
)


class Caller(NamedTuple):
    """What a tool is told of somebody."""

    id: int
    email: str
    full_name: str


def recent_caller() -> Caller | None:
    """Whose session or random token this is, if nothing has to be noted or ended; else None."""
    credential, token = api_credential(), session.get("_user_id")
    if credential is not None:
        row = _first(_BY_TOKEN, ApiToken.lookup_of(credential)) if ApiToken.is_random(credential) else None
    else:
        row = _first(_BY_SESSION, sha256(token.encode()).digest()) if token else None
    if row is None or (credential is None and not _goes_on(row)):
        return None
    return Caller(row.id, row.email, full_name(row.first_name, row.last_name))


def _first(statement: Any, key: bytes) -> Any:
    with db.engine.connect() as connection:  # without the ORM's session, which takes longer than the statement
        return connection.execute(statement, {"key": key, "since": utcnow() - NOTE_ACTIVITY_EVERY}).first()


def _goes_on(login: Any) -> bool:
    """Whether the session has not expired: it is young enough, and no idle limit is shorter than `since`."""
    is_young = utcnow() - login.created_at < session_limit(login.session_max_age, "MAX_SESSION_AGE")
    return is_young and session_limit(login.session_max_idle, "MAX_TIME_BETWEEN_ACTIVITY") >= 2 * NOTE_ACTIVITY_EVERY

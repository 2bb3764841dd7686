"""Who is behind a request, by what it presents: an API token, a JWT access token, or the cookie of a session."""

from hashlib import sha256
from typing import Any

from flask import request, session
from sqlalchemy import bindparam, select

from ls.accounts.jwt_tokens import looks_like_jwt, owner_of_access_token
from ls.db.extensions import db
from ls.models import ApiToken, LoginSession, Organization, User
from ls.models.organization import DEFAULT_ORGANIZATION_ID
from ls.models.user import ACTIVE

_ACTIVE_USER = (
    select(User, Organization)
    .select_from(User)
    .join(Organization, Organization.id == DEFAULT_ORGANIZATION_ID)
    .where(User.status == ACTIVE)
)
_BY_SESSION = (
    _ACTIVE_USER.add_columns(LoginSession)
    .join(LoginSession, LoginSession.user_id == User.id)
    .where(LoginSession.digest == bindparam("key"))
)
_BY_TOKEN = _ACTIVE_USER.join(ApiToken, ApiToken.user_id == User.id).where(ApiToken.lookup == bindparam("key"))
_BY_ID = _ACTIVE_USER.where(User.id == bindparam("key"))


def is_api() -> bool:
    """Whether this is a call of the API, which is answered in JSON whatever happens."""
    return request.path.startswith("/api/") or request.path == "/api"


def api_credential() -> str | None:
    """What the request presents as `Token`, `Bearer` or `X-Api-Key`, or None."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() in {"token", "bearer"} else request.headers.get("X-Api-Key")


def authenticate(*, lock: bool = False) -> User | None:
    """The active user behind this request: by API credential if one is sent, else by session; None if nobody.

    With `lock`, inside `write()`: the row is locked, then the credential read again. Whatever ends a credential
    locks its user first, and PostgreSQL waits for that lock with the rows that it has read before.
    """
    found = _authenticate(lock=lock)
    return _authenticate(lock=True) if found is not None and lock else found


def _authenticate(*, lock: bool) -> User | None:
    credential = api_credential() if is_api() else None
    if credential is not None:
        return _by_credential(credential, lock=lock)
    token = session.get("_user_id")  # where Flask-Login keeps what `User.get_id` returned
    if token is None:
        return None
    found = _first(_BY_SESSION, sha256(token.encode()).digest(), lock=lock)
    if found is None or found.login is None or found.organization.has_expired(found.login):
        return None
    return found


def _by_credential(credential: str, *, lock: bool) -> User | None:
    owner = owner_of_access_token(credential) if looks_like_jwt(credential) else None
    if owner is not None:
        return _first(_BY_ID, owner, lock=lock)
    found = _first(_BY_TOKEN, ApiToken.lookup_of(credential), lock=lock)
    return found if found is not None and found.organization.api_tokens_enabled else None


def _first(statement: Any, key: object, *, lock: bool) -> User | None:
    if lock:
        statement = statement.with_for_update(of=User, key_share=True).execution_options(populate_existing=True)
    row = db.session.execute(statement, {"key": key}).first()
    if row is None:
        return None
    user: User = row[0]
    user.organization, user.login = row[1], row[2] if len(row) > 2 else None
    return user

"""JWT personal tokens (RFC 7519, HS256), as Label Studio's clients use them."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ls.accounts.notices import notify
from ls.db.extensions import db
from ls.db.types import HasId, utcnow
from ls.exceptions import Conflict, CredentialRefused, DomainError, Forbidden, NotFound
from ls.models import Event, Organization, PersonalToken, User
from ls.security.crypto import digest, keyring, random_id

if TYPE_CHECKING:
    from joserfc.jwk import OctKey

ALGORITHM = "HS256"
ACCESS_LIFETIME = timedelta(minutes=5)
NOT_VALID = "Token is invalid or expired"
SWITCHED_OFF = _l("Personal tokens are switched off for this organization.")
HAS_ONE = _l("You already have a valid token. Revoke it before creating a new one.")


def valid_tokens(user: HasId) -> list[PersonalToken]:
    """The user's refresh tokens that are neither blacklisted nor expired."""
    statement = select(PersonalToken).where(
        PersonalToken.user_id == user.id,
        PersonalToken.blacklisted_at.is_(None),
        PersonalToken.expires_at > utcnow(),
    )
    return list(db.session.scalars(statement.order_by(PersonalToken.id)))


def create(user: User) -> tuple[PersonalToken, str]:
    """Create a refresh token, inside `write()` with the organization locked; its text is returned only once.

    Raises Forbidden while personal tokens are switched off, Conflict while another token is valid.
    """
    if not Organization.get().personal_tokens_enabled:
        raise Forbidden(SWITCHED_OFF)
    if valid_tokens(user):
        raise Conflict(HAS_ONE)
    row, token = _issue(user)
    Event.record("personal_token_created", user)
    notify(user, "personal_token_created")
    return row, token


def rotate(user: User, token: str) -> str:
    """Replace the user's valid refresh token by a new one, inside `write()`. Raises DomainError (400)."""
    row = _valid_row(token)
    if row is None or row.user_id != user.id:
        raise DomainError(NOT_VALID)
    row.blacklisted_at, row.ended_by = utcnow(), "rotation"
    Event.record("personal_token_rotated", user)
    notify(user, "personal_token_rotated")
    return _issue(user)[1]


def blacklist(user: User, token: str) -> None:
    """End the user's valid refresh token and its access tokens, inside `write()`. Raises NotFound."""
    row = _valid_row(token)
    if row is None or row.user_id != user.id:
        raise NotFound
    _end(row, user)


def revoke(user: User, token_id: int) -> None:
    """End the user's valid refresh token of that id, as `blacklist` does, inside `write()`. Raises NotFound."""
    row = next((row for row in valid_tokens(user) if row.id == token_id), None)
    if row is None:
        raise NotFound
    _end(row, user)


def _end(row: PersonalToken, user: User) -> None:
    row.blacklisted_at, row.ended_by = utcnow(), "blacklist"
    Event.record("personal_token_blacklisted", user)
    notify(user, "personal_token_blacklisted")


def access_token(refresh_token: str) -> str:
    """A short-lived access token for a valid refresh token. Raises CredentialRefused (401)."""
    row = _valid_row(refresh_token)
    user = db.session.get(User, row.user_id) if row else None
    if row is None or user is None or not user.is_active or not Organization.get().personal_tokens_enabled:
        raise CredentialRefused(NOT_VALID)
    issued = utcnow().replace(microsecond=0)
    return _sign(user, "access", issued, min(issued + ACCESS_LIFETIME, row.expires_at), refresh_id=row.id)


def owner_of_access_token(token: str) -> int | None:
    """The id of the user of a valid access token whose refresh token is not blacklisted, or None."""
    claims = _claims(token)
    if claims is None or claims.get("token_type") != "access" or claims.get("exp", 0) <= utcnow().timestamp():
        return None
    statement = (
        select(PersonalToken.user_id)
        .join(Organization, Organization.personal_tokens_enabled.is_(True))
        .where(PersonalToken.id == claims.get("refresh_id"), PersonalToken.blacklisted_at.is_(None))
    )
    return db.session.scalar(statement)


def is_signed_here(token: str) -> bool:
    """Whether this server signed this JWT, valid or not any more: nobody can guess one."""
    return _claims(token) is not None


def _issue(user: HasId) -> tuple[PersonalToken, str]:
    created = utcnow().replace(microsecond=0)
    expires = created + timedelta(days=Organization.get().personal_token_days)
    token = _sign(user, "refresh", created, expires)
    row = PersonalToken(
        user_id=user.id,
        digest=digest(token),
        unsigned=token.rpartition(".")[0],
        created_at=created,
        expires_at=expires,
    )
    db.session.add(row)
    return row, token


def _valid_row(token: str) -> PersonalToken | None:
    row = db.session.scalar(select(PersonalToken).where(PersonalToken.digest == digest(token)))
    return None if row is None or row.blacklisted_at is not None or row.expires_at <= utcnow() else row


def _sign(user: HasId, kind: str, issued: datetime, expires: datetime, **claims: Any) -> str:
    from joserfc import jwt  # noqa: PLC0415  # slow to load, and only requests with a JWT need it

    standard = {
        "token_type": kind,
        "exp": int(expires.timestamp()),
        "iat": int(issued.timestamp()),
        "jti": random_id(),
        "user_id": user.id,
    }
    return jwt.encode({"alg": ALGORITHM, "typ": "JWT"}, standard | claims, _key(_secret()))


def _claims(token: str) -> dict[str, Any] | None:
    from joserfc import jwt  # noqa: PLC0415  # as above
    from joserfc.errors import JoseError  # noqa: PLC0415  # as above

    try:
        return dict(jwt.decode(token, _key(_secret()), algorithms=[ALGORITHM]).claims)
    except (JoseError, ValueError, TypeError):
        return None


def _secret() -> bytes:
    return keyring().signing_key("personal-token")


@lru_cache(maxsize=8)
def _key(secret: bytes) -> OctKey:
    from joserfc.jwk import OctKey  # noqa: PLC0415  # as above

    return OctKey.import_key(secret)

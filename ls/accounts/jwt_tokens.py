"""JWT personal tokens (RFC 7519, HS256), as Label Studio's clients use them."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ls.db.extensions import db
from ls.db.types import utcnow
from ls.exceptions import Conflict, CredentialRefused, DomainError, NotFound
from ls.models import Event, Organization, PersonalToken, User
from ls.security.crypto import digest, random_id
from ls.security.keys import keyring

# joserfc is imported where it is used: only requests with a JWT need it.
if TYPE_CHECKING:
    from joserfc.jwk import OctKey

ALGORITHM = "HS256"
ACCESS_LIFE = timedelta(minutes=5)
NOT_VALID = "Token is invalid or expired"


def living(user: User) -> list[PersonalToken]:
    """The person's refresh tokens that work."""
    statement = select(PersonalToken).where(
        PersonalToken.user_id == user.id,
        PersonalToken.blacklisted_at.is_(None),
        PersonalToken.expires_at > utcnow(),
    )
    return list(db.session.scalars(statement.order_by(PersonalToken.id)))


def create(user: User) -> tuple[PersonalToken, str]:
    """A refresh token, returned once in full. Raises Conflict while another one lives."""
    if living(user):
        raise Conflict("You already have a valid token. Revoke it before creating a new one.")
    row, token = _issue(user)
    Event.record("personal_token_created", user)
    return row, token


def _issue(user: User) -> tuple[PersonalToken, str]:
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


def rotate(user: User, token: str) -> str:
    """A new refresh token for the living old one, which dies. Raises DomainError (400)."""
    row = _living_row(user, token)
    if row is None:
        raise DomainError(NOT_VALID)
    _end(row, "rotation")
    Event.record("personal_token_rotated", user)
    return _issue(user)[1]


def blacklist(user: User, token: str) -> None:
    """Kill a living refresh token. Raises NotFound."""
    row = _living_row(user, token)
    if row is None:
        raise NotFound
    _end(row, "blacklist")
    Event.record("personal_token_blacklisted", user)


def _end(row: PersonalToken, how: str) -> None:
    row.blacklisted_at, row.ended_by = utcnow(), how


def _living_row(user: User | None, token: str) -> PersonalToken | None:
    row = db.session.scalar(select(PersonalToken).where(PersonalToken.digest == digest(token)))
    if row is None or row.blacklisted_at is not None or row.expires_at <= utcnow():
        return None
    return row if user is None or row.user_id == user.id else None


def access_for(token: str) -> str:
    """A short-lived access token for a living refresh token. Raises CredentialRefused (401)."""
    row = _living_row(None, token)
    user = db.session.get(User, row.user_id) if row else None
    if row is None or user is None or not user.is_active or not Organization.get().personal_tokens_enabled:
        raise CredentialRefused(NOT_VALID)
    moment = utcnow().replace(microsecond=0)
    return _sign(user, "access", moment, min(moment + ACCESS_LIFE, row.expires_at), refresh_id=row.id)


def owner_of_access_token(token: str) -> int | None:
    """The id of the person behind a living access token whose refresh token lives, or None."""
    claims = _claims(token)
    if claims is None or claims.get("token_type") != "access" or claims.get("exp", 0) <= utcnow().timestamp():
        return None
    statement = (
        select(PersonalToken.user_id)
        .join(Organization, Organization.personal_tokens_enabled.is_(True))
        .where(PersonalToken.id == claims.get("refresh_id"), PersonalToken.blacklisted_at.is_(None))
    )
    return db.session.scalar(statement)


def _sign(user: User, kind: str, issued: datetime, expires: datetime, **more: Any) -> str:
    from joserfc import jwt

    claims = {
        "token_type": kind,
        "exp": int(expires.timestamp()),
        "iat": int(issued.timestamp()),
        "jti": random_id(),
        "user_id": user.id,
        **more,
    }
    return jwt.encode({"alg": ALGORITHM, "typ": "JWT"}, claims, _key())


def _claims(token: str) -> dict[str, Any] | None:
    from joserfc import jwt
    from joserfc.errors import JoseError

    try:
        return dict(jwt.decode(token, _key(), algorithms=[ALGORITHM]).claims)
    except (JoseError, ValueError, TypeError):
        return None


def _key() -> "OctKey":
    return _key_of(keyring().signing_key("personal-token"))


@lru_cache(maxsize=8)
def _key_of(raw: bytes) -> "OctKey":
    from joserfc.jwk import OctKey

    return OctKey.import_key(raw)



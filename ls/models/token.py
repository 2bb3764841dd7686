"""Credentials of scripts: the account's API token, and JWT personal tokens."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, LargeBinary, String, Text, delete
from sqlalchemy.orm import Mapped, mapped_column

from ls.clock import now
from ls.crypto import random_token
from ls.exceptions import InvalidFields
from ls.extensions import Base, db
from ls.keys import keyring
from ls.models.event import Event
from ls.models.types import NEVER_REUSE_IDS, Somebody, UtcDateTime

if TYPE_CHECKING:
    from ls.models.user import User

MIN_LENGTH = 5
MAX_LENGTH = 256
PURPOSE = "api-token"

TOO_SHORT = _l("The token must have at least 5 characters")
UNUSABLE = _l("The token can have at most 256 characters, only visible ASCII ones.")


class ApiToken(Base):
    """The API token: encrypted, because its owner may read it again, and found by a keyed hash."""

    __tablename__ = "api_tokens"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    lookup: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    cipher: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    @staticmethod
    def check(plain: str) -> None:
        """Is this fit to be a token? Raises InvalidFields under `token`."""
        if len(plain) < MIN_LENGTH:
            raise InvalidFields({"token": [TOO_SHORT]})
        if len(plain) > MAX_LENGTH or not all("!" <= letter <= "~" for letter in plain):
            raise InvalidFields({"token": [UNUSABLE]})

    @classmethod
    def issue(cls, user: User, plain: str | None = None) -> str:
        """Give the person a token, a random one unless named; the old one is dead. Raises InvalidFields."""
        if plain is not None:
            cls.check(plain)
        plain = plain or random_token()
        row = cls(
            user_id=user.id,
            lookup=cls.lookup_of(plain),
            cipher=keyring().encrypt(PURPOSE, plain),
            created_at=now(),
        )
        db.session.merge(row)
        return plain

    @classmethod
    def reset(cls, user: User) -> str:
        """A new random token; the old one is dead at once."""
        plain = cls.issue(user)
        Event.record("token_reset", user)
        return plain

    @classmethod
    def of(cls, user: Somebody) -> str:
        """The person's token, to show it to her."""
        return keyring().decrypt(PURPOSE, db.session.get_one(cls, user.id).cipher)

    @staticmethod
    def lookup_of(plain: str) -> bytes:
        """What a token is found by."""
        return keyring().lookup(PURPOSE, plain)

    @classmethod
    def forget(cls, user: User) -> None:
        """Delete the token."""
        db.session.execute(delete(cls).where(cls.user_id == user.id))


class PersonalToken(Base):
    """A JWT refresh token, of which the hash and the unsigned part are kept."""

    __tablename__ = "personal_tokens"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    unsigned: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    blacklisted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(16))

    @classmethod
    def forget(cls, user: User) -> None:
        """Delete the person's tokens."""
        db.session.execute(delete(cls).where(cls.user_id == user.id))

"""Credentials of scripts: the account's API token, and JWT personal tokens."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, LargeBinary, String, Text, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from ls.db.extensions import Base, db
from ls.db.types import NEVER_REUSE_IDS, HasId, UtcDateTime, utcnow
from ls.exceptions import InvalidFields
from ls.models.event import Event
from ls.security.crypto import random_token
from ls.security.keys import keyring

if TYPE_CHECKING:
    from ls.models.user import User

MIN_LENGTH = 5
MAX_LENGTH = 256
PURPOSE = "api-token"

TOO_SHORT = _l("The token must have at least 5 characters")
TAKEN = _l("Another account has this token. Choose a different one.")
UNUSABLE = _l("The token can have at most 256 characters, only visible ASCII ones.")


class ApiToken(Base):
    """The API token: encrypted, because its owner may read it again, and found by a keyed hash."""

    __tablename__ = "api_tokens"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    lookup: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    cipher: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)

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
            cls._check_free(plain, user)
        plain = plain or random_token()
        row = cls(
            user_id=user.id,
            lookup=cls.lookup_of(plain),
            cipher=keyring().encrypt(PURPOSE, plain),
            created_at=utcnow(),
        )
        db.session.merge(row)
        return plain

    @classmethod
    def _check_free(cls, plain: str, user: User) -> None:
        others = select(cls.user_id).where(cls.lookup == cls.lookup_of(plain), cls.user_id != user.id)
        if db.session.scalar(others) is not None:
            raise InvalidFields({"token": [TAKEN]})

    @classmethod
    def reset(cls, user: User) -> str:
        """A new random token; the old one is dead at once."""
        plain = cls.issue(user)
        Event.record("token_reset", user)
        return plain

    @classmethod
    def of(cls, user: HasId) -> str:
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
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    blacklisted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(16))

    @classmethod
    def forget(cls, user: User) -> None:
        """Delete the person's tokens."""
        db.session.execute(delete(cls).where(cls.user_id == user.id))

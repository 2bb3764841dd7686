"""The API token of an account, which scripts send."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, LargeBinary, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from ls.db.extensions import Base, db
from ls.db.types import HasId, UtcDateTime, utcnow
from ls.exceptions import InvalidFields
from ls.models.event import Event
from ls.security.crypto import keyring, random_token

MIN_LENGTH = 5
MAX_LENGTH = 256
PURPOSE = "api-token"

_RANDOM = re.compile(r"[0-9a-f]{40}")

TOO_SHORT = _l("The token must have at least 5 characters")
TAKEN = _l("Another account has this token. Choose a different one.")
UNUSABLE = _l("The token can have at most 256 characters, only visible ASCII ones.")


class ApiToken(Base):
    """The API token: encrypted, because the user may read it again, and found by a keyed hash."""

    __tablename__ = "api_tokens"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    lookup: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    cipher: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)

    @staticmethod
    def is_random(token: str) -> bool:
        """Whether it has the form of a token that the server made, which nobody can guess."""
        return _RANDOM.fullmatch(token) is not None

    @staticmethod
    def check(token: str) -> None:
        """Check that this text can be a token. Raises InvalidFields under `token`."""
        if len(token) < MIN_LENGTH:
            raise InvalidFields({"token": [TOO_SHORT]})
        if len(token) > MAX_LENGTH or not all("!" <= letter <= "~" for letter in token):
            raise InvalidFields({"token": [UNUSABLE]})

    @classmethod
    def issue(cls, user: HasId, token: str | None = None, *, is_first: bool = False) -> str:
        """Give the user this token, or a random one; the old one stops working. Raises InvalidFields.

        `is_first`: the user has none, so none is looked for.
        """
        if token is not None:
            cls.check(token)
            others = select(cls.user_id).where(cls.lookup == cls.lookup_of(token), cls.user_id != user.id)
            if db.session.scalar(others) is not None:
                raise InvalidFields({"token": [TAKEN]})
        token = token or random_token()
        row = cls(**cls.sealed(user.id, token, utcnow()))
        db.session.add(row) if is_first else db.session.merge(row)
        return token

    @classmethod
    def sealed(cls, user_id: int, token: str, created_at: datetime) -> dict[str, Any]:
        """The row of this token, as it is stored."""
        cipher = keyring().encrypt(PURPOSE, token)
        return {"user_id": user_id, "lookup": cls.lookup_of(token), "cipher": cipher, "created_at": created_at}

    @classmethod
    def reset(cls, user: HasId) -> str:
        """Give the user a new random token; the old one stops working at once."""
        token = cls.issue(user)
        Event.record("token_reset", user)
        return token

    @classmethod
    def of(cls, user: HasId) -> str:
        """The user's token in clear."""
        return keyring().decrypt(PURPOSE, db.session.get_one(cls, user.id).cipher)

    @staticmethod
    def lookup_of(token: str) -> bytes:
        """The keyed hash that a token is found by."""
        return keyring().lookup(PURPOSE, token)

    @classmethod
    def delete_for(cls, user: HasId) -> None:
        """Delete the user's token."""
        db.session.execute(delete(cls).where(cls.user_id == user.id))

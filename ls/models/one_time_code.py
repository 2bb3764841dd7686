"""Codes of one-time links, with which a user sets a first or forgotten password."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, LargeBinary, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ls.db.extensions import Base, db
from ls.db.types import HasId, UtcDateTime, utcnow
from ls.exceptions import NotFound
from ls.security.crypto import digest, random_id
from ls.validation import token_in

if TYPE_CHECKING:
    from ls.models.user import User

LIFETIME = timedelta(hours=72)

GONE = _l("This link has been used already, or is older than 72 hours. Ask a member for a new one.")


class OneTimeCode(Base):
    """A set-password code, stored as a hash; valid for 72 hours and for one use."""

    __tablename__ = "one_time_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)

    user: Mapped[User] = relationship()

    @classmethod
    def issue(cls, user: HasId) -> str:
        """Make a new code for the user; older codes stop working."""
        cls.delete_for(user)
        code = random_id()
        db.session.add(cls(user_id=user.id, digest=digest(code), created_at=utcnow()))
        return code

    @classmethod
    def by_code(cls, code: str) -> Self:
        """The row of a valid code. Raises NotFound. Reading does not use it up: mail scanners open links too."""
        row = db.session.scalar(select(cls).where(cls.digest == digest(token_in(code))))
        if row is None or utcnow() - row.created_at >= LIFETIME or not row.user.is_active:
            raise NotFound(GONE)
        return row

    @classmethod
    def use(cls, code: str) -> User:
        """Use the code up, inside `write()`; of several requests at once, one succeeds. Raises NotFound."""
        row = cls.by_code(code)
        user = row.user
        user.lock_for_update()  # before the code, in the one order of all verbs (ls/db/transaction.py)
        used = delete(cls).where(cls.id == row.id).returning(cls.id)
        if db.session.scalar(used, execution_options={"synchronize_session": False}) is None or not user.is_active:
            raise NotFound(GONE)
        return user

    @classmethod
    def delete_for(cls, user: HasId) -> None:
        """Delete the user's codes."""
        # Without a look at every object of the session, of which an import of people has thousands.
        statement = delete(cls).where(cls.user_id == user.id)
        db.session.execute(statement, execution_options={"synchronize_session": False})

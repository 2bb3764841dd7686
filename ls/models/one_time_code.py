"""Codes of one-time links: to set a password, to confirm a new email, to take the change of an email back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self, cast

from sqlalchemy import ColumnElement, CursorResult, ForeignKey, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ls.db.extensions import Base, db
from ls.db.types import HasId, UtcDateTime, utcnow
from ls.exceptions import LinkGone
from ls.models.user import User, email_key
from ls.security.crypto import digest, random_id
from ls.validation import token_in

# What a code is for: to set a password, by a link that somebody was shown or by one that was mailed; to confirm a new
# email; to take the change of an email back; to confirm the email of a sign-up.
SHOWN, MAILED, CONFIRM, UNDO, SIGN_UP = "shown", "mailed", "confirm", "undo", "sign-up"
LIFETIMES = {
    SHOWN: timedelta(hours=72),
    MAILED: timedelta(hours=1),
    CONFIRM: timedelta(days=1),
    UNDO: timedelta(days=7),
    SIGN_UP: timedelta(days=1),
}
SETS_PASSWORD = (SHOWN, MAILED)


class OneTimeCode(Base):
    """A code, stored as a hash, valid for one use; `email` is the address that it gives the user, if it does."""

    __tablename__ = "one_time_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    purpose: Mapped[str] = mapped_column(String(16), default=SHOWN)
    email: Mapped[str] = mapped_column(String(254), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)

    user: Mapped[User] = relationship()

    @classmethod
    def issue(cls, user: HasId, purpose: str = SHOWN, email: str = "", *, is_first: bool = False) -> str:
        """Make a new code for the user; older ones for this purpose stop working, but those that undo.

        `is_first`: the user has none, so none is looked for.
        """
        if not is_first:
            cls.delete_for(user, cls.purpose == purpose, cls.purpose != UNDO)
        code = random_id()
        db.session.add(cls(user_id=user.id, digest=digest(code), purpose=purpose, email=email, created_at=utcnow()))
        return code

    @classmethod
    def by_code(cls, code: str, *purposes: str) -> Self:
        """The row of a valid code. Raises LinkGone. Reading does not use it up: mail scanners open links too."""
        row = db.session.scalar(select(cls).where(cls.digest == digest(token_in(code)), cls.purpose.in_(purposes)))
        if row is None or row.is_expired or not row.user.is_active:
            raise LinkGone
        return row

    @classmethod
    def of(cls, user: HasId, purpose: str) -> Self | None:
        """The user's code for this purpose, however old; None without one."""
        return db.session.scalar(select(cls).where(cls.user_id == user.id, cls.purpose == purpose))

    @classmethod
    def held_keys(cls, *, but: HasId | None = None) -> set[str]:
        """The keys of emails that users, but this one, may take back, so that nobody else gets them meanwhile."""
        held = select(cls.email).where(cls.purpose == UNDO, cls.created_at > utcnow() - LIFETIMES[UNDO])
        held = held.where(cls.user_id != but.id) if but else held
        return {key for email in db.session.scalars(held) if (key := email_key(email))}

    @property
    def is_expired(self) -> bool:
        """Whether it is too old to be used."""
        return utcnow() - self.created_at >= LIFETIMES[self.purpose]

    @classmethod
    def use(cls, code: str, *purposes: str) -> Self:
        """Use the code up, inside `write()`; of several requests at once, one succeeds. Raises LinkGone."""
        row = cls.by_code(code, *purposes)
        row.user.lock_for_update()  # before the code, in the one order of all verbs (ls/db/transaction.py)
        if not cls.delete_for(row.user, cls.id == row.id) or not row.user.is_active:
            raise LinkGone
        return row

    @classmethod
    def delete_for(cls, user: HasId, *conditions: ColumnElement[bool]) -> int:
        """Delete the user's codes that fulfil the conditions; returns how many."""
        # Without a look at every object of the session, of which an import of people has thousands.
        statement = delete(cls).where(cls.user_id == user.id, *conditions)
        deleted = db.session.execute(statement, execution_options={"synchronize_session": False})
        return cast("CursorResult[object]", deleted).rowcount

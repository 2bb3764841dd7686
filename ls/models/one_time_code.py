"""One-time links, for example to set the first password."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, LargeBinary, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ls.db.extensions import Base, db
from ls.db.types import UtcDateTime, utcnow
from ls.exceptions import NotFound
from ls.security.crypto import digest, random_id

if TYPE_CHECKING:
    from ls.models.user import User

LIFE = timedelta(hours=72)

GONE = _l("This link has been used already, or is older than 72 hours. Ask a member for a new one.")


class OneTimeCode(Base):
    """A set-password code, kept hashed, good for 72 hours and one use."""

    __tablename__ = "one_time_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)

    user: Mapped[User] = relationship()

    @classmethod
    def issue(cls, user: User) -> str:
        """A new code for the person; older ones are dead."""
        cls.forget(user)
        plain = random_id()
        db.session.add(cls(user_id=user.id, digest=digest(plain), created_at=utcnow()))
        return plain

    @classmethod
    def find(cls, plain: str) -> OneTimeCode:
        """The living code. Raises NotFound. Looking does not use it up: a mail scanner looks too."""
        row = db.session.scalar(select(cls).where(cls.digest == digest(plain)))
        if row is None or utcnow() - row.created_at >= LIFE or not row.user.is_active:
            raise NotFound(GONE)
        return row

    @classmethod
    def use(cls, plain: str) -> User:
        """Use the code up, inside `write()`: of two who come at once, one. Raises NotFound."""
        row = cls.find(plain)
        user = row.user
        gone = db.session.execute(
            delete(cls).where(cls.id == row.id).returning(cls.id), execution_options={"synchronize_session": False}
        )
        if gone.first() is None:
            raise NotFound(GONE)
        return user

    @classmethod
    def forget(cls, user: User) -> None:
        """Kill the person's codes."""
        db.session.execute(delete(cls).where(cls.user_id == user.id))

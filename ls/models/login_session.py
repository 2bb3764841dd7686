"""A signed-in browser. Its session token is random (256 bits); only the SHA-256 of it is stored."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, cast

from sqlalchemy import ColumnElement, CursorResult, ForeignKey, Index, LargeBinary, String, delete
from sqlalchemy.orm import Mapped, mapped_column

from ls.db.extensions import Base, db
from ls.db.types import NEVER_REUSE_IDS, UtcDateTime, utcnow
from ls.exceptions import NotFound
from ls.models.event import AGENT_LENGTH, Event

if TYPE_CHECKING:
    from ls.models.user import User


class LoginSession(Base):
    """One login on one device. Deleting the row is logging out."""

    __tablename__ = "login_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    last_seen: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(AGENT_LENGTH), default="")
    persistent: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index("ix_login_sessions_user_id", "user_id", "last_seen"),
        NEVER_REUSE_IDS,
    )

    @classmethod
    def end_one(cls, user: User, session_id: int) -> None:
        """Log the user out on one device. Raises NotFound, for a session of somebody else too."""
        if not cls.delete_for(user, cls.id == session_id):
            raise NotFound
        Event.record("session_ended", user)

    @classmethod
    def end_others(cls, user: User, *, keep: LoginSession | None) -> int:
        """Log the user out on every device but the one of `keep`; returns on how many. Of none nothing is recorded."""
        if ended := cls.delete_for(user, *([cls.id != keep.id] if keep else [])):
            Event.record("sessions_ended", user, count=ended)
        return ended

    @classmethod
    def delete_for(cls, user: User, *conditions: ColumnElement[bool]) -> int:
        """Delete the user's sessions that fulfil the conditions; returns how many."""
        statement = delete(cls).where(cls.user_id == user.id, *conditions)
        ended = db.session.execute(statement, execution_options={"synchronize_session": False})
        return cast("CursorResult[object]", ended).rowcount

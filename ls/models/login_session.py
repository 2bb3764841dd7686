"""A signed-in browser: a random id, of which only the hash is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from sqlalchemy import ColumnElement, CursorResult, ForeignKey, Index, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ls import origin
from ls.clock import now
from ls.crypto import digest, random_id
from ls.exceptions import NotFound
from ls.extensions import Base, db
from ls.models.event import Event
from ls.models.types import NEVER_REUSE_IDS, Somebody, UtcDateTime

if TYPE_CHECKING:
    from ls.models.user import User


class LoginSession(Base):
    """One sign-in on one device. Deleting the row is signing out."""

    __tablename__ = "login_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_seen: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(origin.AGENT_LENGTH), default="")
    persistent: Mapped[bool] = mapped_column(default=False)

    user: Mapped[User] = relationship(back_populates="sessions")

    __table_args__ = (
        Index("ix_login_sessions_user_id", "user_id", "last_seen"),
        NEVER_REUSE_IDS,
    )

    @classmethod
    def begin(cls, user: User, *, persistent: bool) -> LoginSession:
        """Sign the person in: a new random id each time, left in `user.session_id` for the cookie."""
        user.session_id = random_id()
        came = origin.current()
        row = cls(
            user=user,
            digest=digest(user.session_id),
            address=came.address,
            agent=came.agent,
            persistent=persistent,
        )
        db.session.add(row)
        return row

    @classmethod
    def of(cls, user: Somebody, *, max_age: timedelta, max_idle: timedelta) -> list[LoginSession]:
        """Where the person is signed in now, the latest first."""
        moment = now()
        alive = (cls.created_at > moment - max_age) & (cls.last_seen > moment - max_idle)
        statement = select(cls).where(cls.user_id == user.id, alive).order_by(cls.last_seen.desc(), cls.id.desc())
        return list(db.session.scalars(statement))

    @classmethod
    def end_one(cls, user: User, session_id: int) -> None:
        """Sign the person out on one device. Raises NotFound, for another person's session too."""
        if not cls._delete(cls.user_id == user.id, cls.id == session_id):
            raise NotFound
        Event.record("session_ended", user)

    @classmethod
    def end_others(cls, user: User, *, keep: LoginSession) -> None:
        """Sign the person out on every device but that one; without another nothing happens."""
        if ended := cls._delete(cls.user_id == user.id, cls.id != keep.id):
            Event.record("sessions_ended", user, count=ended)

    @classmethod
    def end_all(cls, user: User, *, keep: LoginSession | None = None) -> None:
        """Sign the person out everywhere, but where `keep` is."""
        cls._delete(cls.user_id == user.id, *([] if keep is None else [cls.id != keep.id]))

    @classmethod
    def _delete(cls, *which: ColumnElement[bool]) -> int:
        ended = db.session.execute(delete(cls).where(*which), execution_options={"synchronize_session": False})
        return cast("CursorResult[object]", ended).rowcount

    @classmethod
    def forget_expired(cls, user: User, *, max_age: timedelta, max_idle: timedelta) -> None:
        """Delete this person's sessions that are over anyway, so that the table cleans itself."""
        moment = now()
        over = (cls.created_at < moment - max_age) | (cls.last_seen < moment - max_idle)
        cls._delete(cls.user_id == user.id, over)

    def end(self) -> None:
        """Sign out here."""
        db.session.delete(self)

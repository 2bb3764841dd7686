"""A signed-in browser: a random id, of which only the hash is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    bindparam,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ls.db.extensions import Base, db
from ls.db.types import NEVER_REUSE_IDS, HasId, UtcDateTime, utcnow
from ls.exceptions import NotFound
from ls.models.event import AGENT_LENGTH, Event, audit_context
from ls.security.crypto import digest, random_id

if TYPE_CHECKING:
    from ls.models.organization import Limits
    from ls.models.user import User


LISTED = 20  # logins shown of one person


class Latest(NamedTuple):
    """The latest logins of a person, and how many there are in all."""

    shown: list[LoginSession]
    total: int


@dataclass(frozen=True, slots=True)
class NewLogin:
    """A login that has just begun, as Flask-Login puts it into the cookie."""

    secret: str
    persistent: bool
    max_age: timedelta
    is_active: ClassVar[bool] = True

    def get_id(self) -> str:
        """The random id, never the account's number."""
        return self.secret


class LoginSession(Base):
    """One sign-in on one device. Deleting the row is signing out."""

    __tablename__ = "login_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    last_seen: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(AGENT_LENGTH), default="")
    persistent: Mapped[bool] = mapped_column(default=False)

    user: Mapped[User] = relationship(back_populates="sessions")

    __table_args__ = (
        Index("ix_login_sessions_user_id", "user_id", "last_seen"),
        NEVER_REUSE_IDS,
    )

    @classmethod
    def begin(cls, user: HasId, limits: Limits, *, persistent: bool) -> NewLogin:
        """Sign the person in: a new random id each time, for the cookie alone."""
        secret, came = random_id(), audit_context()
        row = {"user_id": user.id, "digest": digest(secret), "address": came.address, "agent": came.agent}
        db.session.connection().execute(_ADDING, {**row, "persistent": persistent})
        return NewLogin(secret, persistent, limits.max_session_age)

    @classmethod
    def of(cls, user: HasId, limits: Limits, *, here: int | None = None) -> Latest:
        """Where the person is signed in now, the latest first; `here` is always among those shown.

        A script may sign in a thousand times a day: not all of them are read.
        """
        moment = utcnow()
        begun, seen = moment - limits.max_session_age, moment - limits.max_idle
        hers = (cls.user_id == user.id, cls.created_at > begun, cls.last_seen > seen)
        total = select(func.count()).select_from(cls).where(*hers).scalar_subquery()
        statement = select(cls, total).where(*hers).order_by(cls.last_seen.desc(), cls.id.desc()).limit(LISTED)
        rows = db.session.execute(statement).all()
        shown = [row[0] for row in rows]
        if here is not None and all(row.id != here for row in shown):
            shown[-1:] = filter(None, [db.session.get(cls, here)])
        return Latest(shown, rows[0][1] if rows else 0)

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
    def forget_expired(cls, user: HasId, limits: Limits) -> None:
        """Delete this person's sessions that are over anyway, so that the table cleans itself."""
        moment = utcnow()
        oldest = {"created": moment - limits.max_session_age, "seen": moment - limits.max_idle}
        db.session.connection().execute(_SWEEP, {"whose": user.id, **oldest})

    def end(self) -> None:
        """Sign out here."""
        db.session.delete(self)


_LOGINS = LoginSession.metadata.tables[LoginSession.__tablename__]
_ADDING = insert(_LOGINS)
_SWEEP = delete(_LOGINS).where(
    _LOGINS.c.user_id == bindparam("whose"),
    (_LOGINS.c.created_at < bindparam("created")) | (_LOGINS.c.last_seen < bindparam("seen")),
)

"""A person: her profile, her standing, and what others may do about it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import JSON, Index, String, Text, event, select
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from ls.db.extensions import Base, db
from ls.db.types import UtcDateTime, sort_key, utcnow
from ls.exceptions import LastActiveMember, NotFound, OneselfForbidden
from ls.folding import folded
from ls.models.event import Event, audit_context
from ls.models.login_session import LoginSession
from ls.models.organization import Organization
from ls.validation import BIGGEST_ID

ACTIVE, DEACTIVATED, DELETED = "active", "deactivated", "deleted"
NOT_DELETED = (ACTIVE, DEACTIVATED)
TOMBSTONE_NAME = "Deleted User"
NAME_LENGTH = 256
NEVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
PROFILE = frozenset(
    {
        *("username", "first_name", "last_name", "phone", "language", "appearance"),
        *("allow_newsletters", "custom_hotkeys"),
    }
)
KEY_LENGTH = 200  # what PostgreSQL can index of four-byte letters, with room to spare


class Shown:
    """What somebody is called, for whatever has the columns of an account."""

    if TYPE_CHECKING:
        email: Any
        first_name: Any
        last_name: Any
        status: Any

    @property
    def is_active(self) -> bool:
        """May this person sign in?"""
        return bool(self.status == ACTIVE)

    @property
    def full_name(self) -> str:
        """First and last name, or nothing."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def display_name(self) -> str:
        """What others call this person: her name, else her e-mail."""
        return TOMBSTONE_NAME if self.status == DELETED else self.full_name or self.email

    @property
    def initials(self) -> str:
        """Two letters of first and last name, else of the e-mail, as Label Studio forms them."""
        return initials_of(self.status, self.first_name, self.last_name, self.email)


class User(Shown, Base):
    """An account. A deleted one stays as a tombstone, so that work keeps its author."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    email_key: Mapped[str | None] = mapped_column(sort_key(254), unique=True)
    username: Mapped[str] = mapped_column(String(256), default="")
    first_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    last_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    phone: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    password_hash: Mapped[str | None] = mapped_column(String(512))
    # What the search index forgets somebody by has to be known, even of one who was not read before.
    status: Mapped[str] = mapped_column(String(16), default=ACTIVE, active_history=True)
    date_joined: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    last_activity: Mapped[datetime | None] = mapped_column(UtcDateTime)
    allow_newsletters: Mapped[bool | None]
    custom_hotkeys: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    language: Mapped[str | None] = mapped_column(String(16))
    appearance: Mapped[str] = mapped_column(String(8), default="auto")
    avatar_name: Mapped[str | None] = mapped_column(String(80))
    # What lists sort and search by; kept true by `derive` below.
    name_key: Mapped[str] = mapped_column(sort_key(KEY_LENGTH), default="")
    activity_key: Mapped[datetime] = mapped_column(UtcDateTime, default=NEVER)
    search_text: Mapped[str] = mapped_column(Text, default="", active_history=True)

    sessions: Mapped[list[LoginSession]] = relationship(back_populates="user", passive_deletes=True)

    __table_args__ = (
        Index("ix_users_status_email", "status", "email_key", "id"),
        Index("ix_users_status_name", "status", "name_key", "id"),
        Index("ix_users_status_activity", "status", "activity_key", "id"),
        Index("ix_users_status_id", "status", "id"),
        Index("ix_users_name", "name_key", "id"),
        Index("ix_users_activity", "activity_key", "id"),
    )

    @classmethod
    def find(cls, user_id: int) -> Self:
        """The living account of that id. Raises NotFound, for tombstones too."""
        user = db.session.get(cls, user_id) if user_id <= BIGGEST_ID else None
        if user is None or user.status == DELETED:
            raise NotFound
        return user

    @classmethod
    def by_email(cls, key: str | None) -> Self | None:
        """The account with that comparison key, or None."""
        return db.session.scalar(select(cls).where(cls.email_key == key)) if key else None

    def change_profile(self, **values: Any) -> None:
        """Write these fields of the profile; what they already are leaves no trace.

        Callers name each field and have checked its value. Raises TypeError for any field but PROFILE's.
        """
        if strange := values.keys() - PROFILE:
            raise TypeError(f"not the profile's: {sorted(strange)}")
        changed = sorted(name for name, value in values.items() if getattr(self, name) != value)
        for name in changed:
            setattr(self, name, values[name])
        if changed:
            Event.record("profile_changed", self, fields=changed)

    def hold(self) -> None:
        """Inside `write()`: read the row again and keep it as it is until the transaction ends."""
        db.session.refresh(self, with_for_update=True)

    def deactivate(self) -> None:
        """Put the person out at once, everywhere; her work keeps its author.

        Raises OneselfForbidden, LastActiveMember, NotFound.
        """
        organization = self._lock()
        if self.status == ACTIVE:
            self._leave(organization, DEACTIVATED)
            organization.deactivated_members += 1
            Event.record("deactivated", self)

    def reactivate(self) -> None:
        """Let a deactivated person in again. Raises NotFound for a tombstone."""
        organization = Organization.lock()
        db.session.refresh(self)
        if self.status == DELETED:
            raise NotFound
        if self.status == DEACTIVATED:
            self.status = ACTIVE
            organization.deactivated_members -= 1
            organization.active_members += 1
            Event.record("reactivated", self)

    def bury(self) -> None:
        """Leave a tombstone: no name, e-mail, picture, credential; the work keeps its author.

        Raises OneselfForbidden, LastActiveMember, NotFound.
        """
        organization = self._lock()
        if self.status == ACTIVE:
            self._leave(organization, DELETED)
        else:
            organization.deactivated_members -= 1
            self.status = DELETED
        self._forget_everything()
        Event.record("deleted", self)

    def change_password(
        self, password_hash: str, *, kind: str, keep: LoginSession | None = None, actor: Self | None = None
    ) -> None:
        """Set the new hash and end every session but `keep`; `kind` is the event's."""
        from ls.models.one_time_code import OneTimeCode

        self.password_hash = password_hash
        LoginSession.end_all(self, keep=keep)
        OneTimeCode.forget(self)
        Event.record(kind, self, actor=actor)

    def _lock(self) -> Organization:
        organization = Organization.lock()
        db.session.refresh(self)
        if self.status == DELETED:
            raise NotFound
        if audit_context().actor_id == self.id:
            raise OneselfForbidden
        return organization

    def _leave(self, organization: Organization, status: str) -> None:
        if not self._somebody_else_is_active():
            raise LastActiveMember
        self.status = status
        organization.active_members -= 1
        LoginSession.end_all(self)

    def _somebody_else_is_active(self) -> bool:
        others = select(User.id).where(User.status == ACTIVE, User.id != self.id).limit(1)
        return db.session.scalar(others) is not None

    def _forget_everything(self) -> None:
        from ls.models.avatar import Avatar
        from ls.models.one_time_code import OneTimeCode
        from ls.models.token import ApiToken, PersonalToken

        for credential in (ApiToken, PersonalToken, OneTimeCode, Avatar):
            credential.forget(self)
        LoginSession.end_all(self)
        self.email = self.first_name = self.last_name = self.phone = ""
        self.username = f"deleted-{self.id}"
        self.email_key = self.password_hash = self.avatar_name = self.language = None
        self.allow_newsletters = None
        self.custom_hotkeys = {}


def initials_of(status: str, first_name: str, last_name: str, email: str) -> str:
    """Two letters that stand for a picture; a tombstone's are `DU`."""
    if status == DELETED:
        return "DU"
    if first_name and last_name:
        return first_name[0] + last_name[0]
    return (first_name or last_name or email)[:2]


@event.listens_for(User, "before_insert")
@event.listens_for(User, "before_update")
def derive(_mapper: Mapper[User], _connection: Any, user: User) -> None:
    """Keep the sorting and searching columns true to what they are made from."""
    email, name = user.email or "", f"{user.first_name or ''} {user.last_name or ''}".strip()
    user.name_key = (name or email).casefold()[:KEY_LENGTH]
    user.activity_key = user.last_activity or NEVER
    user.search_text = "\n".join(folded(part) for part in (email, name) if part)

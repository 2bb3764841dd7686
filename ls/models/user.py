"""A user: profile, status, picture, and the columns that lists sort and search by."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self, cast

import regex
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from flask_login import UserMixin
from sqlalchemy import JSON, Index, String, Text, event, inspect, select, text
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from ls import names
from ls.db.extensions import Base, db
from ls.db.types import UtcDateTime, sort_key, utcnow
from ls.exceptions import NotFound
from ls.folding import KEY_LENGTH, name_key, search_text
from ls.models.avatar import Avatar
from ls.models.event import Event
from ls.models.login_session import LoginSession
from ls.models.organization import Organization

if TYPE_CHECKING:
    from ls.images.avatar import Picture

ACTIVE, DEACTIVATED, DELETED = "active", "deactivated", "deleted"
NOT_DELETED = (ACTIVE, DEACTIVATED)
DELETED_NAME, NAME_LENGTH = "Deleted User", 256
NEVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
PROFILE = frozenset(
    ["username", "first_name", "last_name", "phone", "language", "appearance", "allow_newsletters", "custom_hotkeys"]
)
TOLD = frozenset(["username", "first_name", "last_name", "language", "appearance"])  # old and new, by their event
_LISTED: Any = {"sqlite_where": text("status != 'deleted'"), "postgresql_where": text("status != 'deleted'")}

# A server on its own network may use these domains.
SPECIAL_USE_DOMAIN_NAMES[:] = [name for name in SPECIAL_USE_DOMAIN_NAMES if name not in {"local", "test"}]

_UNSEEN = regex.compile(r"[\p{Cf}\u115f\u1160\u3164\uffa0]")  # copied addresses bring it along
_WIDE = str.maketrans("＠．。｡", "@...")  # as Chinese and Japanese keyboards type


def clean_email(email: str) -> str:
    """The address without blanks around it and without what cannot be seen."""
    return _UNSEEN.sub("", email).translate(_WIDE).strip()


def email_key(email: str) -> str | None:
    """The normalised, case-folded address that emails are compared by (RFC 6531, NFC); None if it is invalid."""
    try:
        return validate_email(clean_email(email), check_deliverability=False).normalized.casefold()
    except (EmailNotValidError, UnicodeError, ValueError):
        return None


class DisplayName:
    """How a user is called, for every type that has these columns of a user."""

    if TYPE_CHECKING:
        email: Any
        first_name: Any
        last_name: Any
        status: Any

    @property
    def is_active(self) -> bool:
        """Whether the user may log in."""
        return bool(self.status == ACTIVE)

    @property
    def full_name(self) -> str:
        """First and last name in the order of their language, or an empty string."""
        return names.full_name(self.first_name, self.last_name)

    @property
    def display_name(self) -> str:
        """The name that others see, as it may stand in a sentence: first and last name, else the email."""
        return DELETED_NAME if self.status == DELETED else names.isolated(self.full_name or self.email)

    @property
    def initials(self) -> str:
        """Two letters of first and last name, else of the email."""
        return "DU" if self.status == DELETED else names.initials(self.first_name, self.last_name, self.email)


class _UserSummary(NamedTuple):
    id: int
    email: str
    first_name: str
    last_name: str
    status: str
    avatar_name: str | None
    last_activity: datetime | None
    date_joined: datetime
    annotations_count: int = 0  # in the list of people only


class UserSummary(DisplayName, _UserSummary):
    """What lists show of a user, as a light row."""


class User(DisplayName, UserMixin, Base):  # type: ignore[misc]  # Flask-Login ships no types
    """An account. A deleted one keeps its row without personal data, so that its work keeps its author."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    email_key: Mapped[str | None] = mapped_column(sort_key(254), unique=True)
    username: Mapped[str] = mapped_column(String(256), default="")
    first_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    last_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    phone: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    password_hash: Mapped[str | None] = mapped_column(String(512))
    status: Mapped[str] = mapped_column(String(16), default=ACTIVE)
    date_joined: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    last_activity: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_login: Mapped[datetime | None] = mapped_column(UtcDateTime)
    allow_newsletters: Mapped[bool | None]
    custom_hotkeys: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    language: Mapped[str | None] = mapped_column(String(16))
    appearance: Mapped[str] = mapped_column(String(8), default="auto")
    avatar_name: Mapped[str | None] = mapped_column(String(80))
    invitation_id: Mapped[int | None] = mapped_column(index=True)  # no foreign key: invitations have one to users
    # What lists sort and search by; set by `derive` below.
    name_key: Mapped[str] = mapped_column(sort_key(KEY_LENGTH), default="")
    activity_key: Mapped[datetime] = mapped_column(UtcDateTime, default=NEVER)
    search_text: Mapped[str] = mapped_column(Text, default="")

    avatar: Mapped[Avatar | None] = relationship(cascade="all, delete-orphan", passive_deletes=True)

    # Lists are read from one of these in their order; a search reads nothing but the index, which has search_text.
    __table_args__ = (
        Index("ix_users_status_email", "status", "email_key", "id", "search_text"),
        Index("ix_users_status_name", "status", "name_key", "id", "search_text"),
        Index("ix_users_status_activity", "status", "activity_key", "id", "search_text"),
        Index("ix_users_email", "email_key", "id", "search_text", **_LISTED),
        Index("ix_users_name", "name_key", "id", "search_text", **_LISTED),
        Index("ix_users_activity", "activity_key", "id", "search_text", **_LISTED),
        Index("ix_users_listed", "id", "search_text", **_LISTED),
    )

    # Of the current user only: the session (None for a token), the secret of one that has just begun, the organization.
    login = cast("LoginSession | None", None)
    session_token = ""
    organization = cast("Organization", None)

    def get_id(self) -> str:
        """What Flask-Login puts into the cookie: the session token, never the account's id."""
        return self.session_token

    @classmethod
    def find(cls, row_id: int) -> Self:
        """The account of that id. Raises NotFound, for a deleted one too."""
        user = super().find(row_id)
        if user.status == DELETED:
            raise NotFound
        return user

    @classmethod
    def by_email(cls, email: str) -> Self | None:
        """The account with this email, however it is spelled, or None."""
        key = email_key(email)
        return db.session.scalar(select(cls).where(cls.email_key == key)) if key else None

    def lock_for_update(self) -> None:
        """Read the row again, inside `write()`, and lock it until the transaction ends."""
        db.session.refresh(self, with_for_update={"key_share": True})

    def change_profile(self, **values: Any) -> None:
        """Set these checked fields of PROFILE; the same values leave no event. Raises TypeError for other fields."""
        if unknown := values.keys() - PROFILE:
            raise TypeError(f"not fields of the profile: {sorted(unknown)}")
        if changed := self.set_values(**values):
            told = {name: pair for name, pair in changed.items() if name in TOLD}
            Event.record("profile_changed", self, fields=sorted(changed), changes=told)

    def change_avatar(self, picture: Picture) -> None:
        """Make this the user's picture."""
        self.avatar = Avatar(name=picture.name, media_type=picture.media_type, data=picture.data)
        self.avatar_name = picture.name
        Event.record("avatar_saved", self)

    def remove_avatar(self) -> None:
        """Go back to initials; without a picture nothing happens."""
        if self.avatar_name is not None:
            self.avatar = self.avatar_name = None
            Event.record("avatar_removed", self)


@event.listens_for(User, "before_insert")
@event.listens_for(User, "before_update")
def derive(_mapper: Mapper[User], _connection: Any, user: User) -> None:
    """Compute the columns that lists sort and search by."""
    user.activity_key = user.last_activity or NEVER
    attributes: Any = inspect(user).attrs
    if any(attributes[name].history.has_changes() for name in ("email", "first_name", "last_name")):
        columns = user.email or "", user.first_name or "", user.last_name or ""
        user.name_key, user.search_text = name_key(*columns), search_text(*columns)

"""The team: one row, which also is what verbs lock that must not run side by side."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from flask import current_app
from sqlalchemy import LargeBinary, String, select
from sqlalchemy.orm import Mapped, mapped_column

from ls.db.extensions import Base, db
from ls.db.types import UtcDateTime, utcnow
from ls.exceptions import InviteWrong, SignupClosed, SignupOpen
from ls.models.event import Event
from ls.security.keys import keyring

if TYPE_CHECKING:
    from ls.models.user import User

DEFAULT_ORGANIZATION_ID = 1
DEFAULT_TITLE = "Label Studio"


class Limits:
    """How long logins live, for whatever has the columns of the session policy."""

    if TYPE_CHECKING:
        session_max_age: Any  # seconds; None: what the settings say
        session_max_idle: Any

    @property
    def max_session_age(self) -> timedelta:
        """A login's longest life: the session policy's, else the setting's."""
        return timedelta(seconds=self.session_max_age or current_app.config["MAX_SESSION_AGE"])

    @property
    def max_idle(self) -> timedelta:
        """How long a login lives without activity: the session policy's, else the setting's."""
        return timedelta(seconds=self.session_max_idle or current_app.config["MAX_TIME_BETWEEN_ACTIVITY"])


class Organization(Limits, Base):
    """The organization that the first account founds."""

    __tablename__ = "organizations"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(1000), default=DEFAULT_TITLE)
    contact_info: Mapped[str | None] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    # No foreign key: users would have to exist before their organization and the other way round.
    created_by_id: Mapped[int | None]
    invite_nonce: Mapped[bytes] = mapped_column(LargeBinary(32))
    active_members: Mapped[int] = mapped_column(default=0)
    deactivated_members: Mapped[int] = mapped_column(default=0)
    # Seconds; None: what the settings say.
    session_max_age: Mapped[int | None]
    session_max_idle: Mapped[int | None]
    personal_tokens_enabled: Mapped[bool] = mapped_column(default=True)
    personal_token_days: Mapped[int] = mapped_column(default=200 * 365)
    api_tokens_enabled: Mapped[bool] = mapped_column(default=True)

    @classmethod
    def get(cls) -> Self:
        """The one organization."""
        return db.session.get_one(cls, DEFAULT_ORGANIZATION_ID)

    @classmethod
    def lock(cls) -> Self:
        """The one organization, held until the transaction ends (SQLite's writer holds everything anyway)."""
        statement = select(cls).where(cls.id == DEFAULT_ORGANIZATION_ID).with_for_update()
        return db.session.scalars(statement, execution_options={"populate_existing": True}).one()

    @property
    def is_founded(self) -> bool:
        """Is there an account yet?"""
        return self.created_by_id is not None

    @property
    def members_count(self) -> int:
        """Active and deactivated people; tombstones do not count."""
        return self.active_members + self.deactivated_members

    def admit(self, token: str | None) -> None:
        """May somebody with this invite token sign up? Raises InviteWrong or SignupClosed."""
        if token is not None and not self.knows_invite(token):
            raise InviteWrong
        if token is None and self.signup_is_closed:
            raise SignupClosed

    @property
    def signup_is_closed(self) -> bool:
        """Does sign-up need the invite link?"""
        return bool(current_app.config["DISABLE_SIGNUP_WITHOUT_LINK"])

    @property
    def invite_token(self) -> str:
        """The secret part of the invite link; derived, so that the database alone does not hold it."""
        return keyring().sign_token("invite", self.invite_nonce)

    def knows_invite(self, token: str) -> bool:
        """Is this the present invite token?"""
        return hmac.compare_digest(self.invite_token.encode(), token.encode("utf-8", "surrogatepass"))

    def reset_invite(self) -> None:
        """Make a new invite link, which kills the old one. Raises SignupOpen while sign-up is open."""
        if not self.signup_is_closed:
            raise SignupOpen
        self.invite_nonce = secrets.token_bytes(32)
        Event.record("invite_reset")

    def change(self, **values: Any) -> bool:
        """Write these columns, which callers name and have checked; tells whether anything changed."""
        changed = {name: value for name, value in values.items() if getattr(self, name) != value}
        for name, value in changed.items():
            setattr(self, name, value)
        return bool(changed)

    def welcome(self, user: User) -> None:
        """Count the new member; the first one founds the organization."""
        self.active_members += 1
        if not self.is_founded:
            self.created_by_id = user.id

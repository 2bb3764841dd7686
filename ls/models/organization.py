"""The organization: one row, which is also locked by verbs that must not run side by side."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from flask import current_app
from sqlalchemy import LargeBinary, String, select
from sqlalchemy.orm import Mapped, mapped_column

from ls.db.extensions import Base, db
from ls.db.types import UtcDateTime, utcnow
from ls.exceptions import AlreadySetUp, InviteWrong, NotSetUp, SetupLinkWrong, SignupClosed, SignupOpen
from ls.models.event import Event
from ls.security.crypto import is_same_token, keyring

if TYPE_CHECKING:
    from ls.models.login_session import LoginSession
    from ls.models.user import User

DEFAULT_ORGANIZATION_ID = 1
DEFAULT_TITLE = "Label Studio"
NOTE_ACTIVITY_EVERY = timedelta(seconds=60)


def session_limit(policy: int | None, setting: str) -> timedelta:
    """The session policy's number of seconds, else the setting's."""
    return timedelta(seconds=policy or current_app.config[setting])


class Organization(Base):
    """The organization of this server; the first account that is made becomes its creator."""

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
    # The session policy in seconds; None: as the settings say.
    session_max_age: Mapped[int | None]
    session_max_idle: Mapped[int | None]
    personal_tokens_enabled: Mapped[bool] = mapped_column(default=True)
    personal_token_days: Mapped[int] = mapped_column(default=200 * 365)
    api_tokens_enabled: Mapped[bool] = mapped_column(default=True)
    # What the founder's first steps show: whether a script has called the API, and whether they are hidden.
    has_scripts: Mapped[bool] = mapped_column(default=False)
    first_steps_hidden: Mapped[bool] = mapped_column(default=False)
    # Where the linked projects are; None: no Label Studio is read.
    label_studio_url: Mapped[str | None] = mapped_column(String(500))

    @classmethod
    def get(cls) -> Self:
        """The organization."""
        return db.session.get_one(cls, DEFAULT_ORGANIZATION_ID)

    @classmethod
    def lock_for_update(cls) -> Self:
        """The organization, locked until the transaction ends (on SQLite the writer holds everything)."""
        statement = select(cls).where(cls.id == DEFAULT_ORGANIZATION_ID).with_for_update()
        return db.session.scalars(statement, execution_options={"populate_existing": True}).one()

    @property
    def max_session_age(self) -> timedelta:
        """The longest life of a login: the session policy's, else the setting's."""
        return session_limit(self.session_max_age, "MAX_SESSION_AGE")

    @property
    def max_idle(self) -> timedelta:
        """How long a login lives without activity: the session policy's, else the setting's."""
        return session_limit(self.session_max_idle, "MAX_TIME_BETWEEN_ACTIVITY")

    def has_expired(self, login: LoginSession) -> bool:
        """Whether the session has passed one of the limits of the session policy."""
        moment = utcnow()
        return moment - login.created_at >= self.max_session_age or moment - login.last_seen >= self.max_idle

    def is_activity_due(self, user: User) -> bool:
        """Whether to note that the user is active: once a minute.

        With a shorter idle limit more often, so that it never ends the session of an active user. The first call
        of a script is noted at once.
        """
        is_first_script = user.login is None and not self.has_scripts
        if user.last_activity is None or is_first_script:
            return True
        last, every = user.last_activity, NOTE_ACTIVITY_EVERY
        if user.login is not None:
            last, every = min(last, user.login.last_seen), min(every, self.max_idle / 2)
        return utcnow() - last >= every

    @property
    def is_founded(self) -> bool:
        """Whether an account exists."""
        return self.created_by_id is not None

    @property
    def has_title(self) -> bool:
        """Whether somebody gave the organization a title."""
        return self.title != DEFAULT_TITLE

    @property
    def members_count(self) -> int:
        """The number of active and deactivated members; deleted ones do not count."""
        return self.active_members + self.deactivated_members

    def check_signup(self, token: str | None) -> None:
        """Check that somebody with this invite token may sign up. Raises InviteWrong, SignupClosed or NotSetUp."""
        if token is not None and not self.is_invite_token(token):
            raise InviteWrong
        if token is None and self.signup_is_closed:
            raise SignupClosed if self.is_founded else NotSetUp

    def check_setup(self, code: str) -> None:
        """Check that this is the set-up link, and still of use. Raises AlreadySetUp or SetupLinkWrong."""
        if self.is_founded:
            raise AlreadySetUp
        if not is_same_token(code, self.setup_code):
            raise SetupLinkWrong

    @property
    def signup_is_closed(self) -> bool:
        """Whether sign-up needs the invite link."""
        return bool(current_app.config["DISABLE_SIGNUP_WITHOUT_LINK"])

    @property
    def invite_token(self) -> str:
        """The secret part of the invite link; derived, so that the database alone does not hold it."""
        return keyring().sign_token("invite", self.invite_nonce)

    def is_invite_token(self, token: str) -> bool:
        """Whether this is the current invite token."""
        return is_same_token(token, self.invite_token)

    @property
    def setup_code(self) -> str:
        """The secret part of the link by which the first account is made; derived like the invite token."""
        return keyring().sign_token("setup", self.invite_nonce)

    def reset_invite(self) -> None:
        """Make a new invite link; the old one stops working. Raises SignupOpen while sign-up is open."""
        if not self.signup_is_closed:
            raise SignupOpen
        self.invite_nonce = secrets.token_bytes(32)
        Event.record("invite_reset")

    def add_member(self, user: User) -> None:
        """Count a new member; the first one becomes the creator."""
        self.active_members += 1
        if not self.is_founded:
            self.created_by_id = user.id

"""Messages that wait to be sent, or could not be. One that was sent is deleted."""

import json
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple, Self

from flask_babel import lazy_gettext as _l
from sqlalchemy import LargeBinary, String, select
from sqlalchemy.orm import Mapped, mapped_column

from ls.db.extensions import Base, db
from ls.db.types import NEVER_REUSE_IDS, UtcDateTime, utcnow
from ls.exceptions import Conflict, NotFound
from ls.models.event import Event
from ls.security.crypto import Undecipherable, keyring
from ls.validation import BIGGEST_ID

PURPOSE = "outgoing mail"
LEASE = timedelta(minutes=15)  # longer than one attempt can take; then another process may try
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
ERROR_LENGTH = 500
GONE = _l("This message has been sent, or is too old to be kept.")


class Content(NamedTuple):
    """What is sealed: messages hold addresses and links."""

    to: str
    subject: str
    text: str
    html: str


class MailExpired(Conflict):
    """What the message says is no longer true."""

    message = _l("This message is too old: the link in it does not work any more.")


class OutgoingMail(Base):
    """A message, sealed. It waits while it has a time of its next attempt; without one it has failed."""

    __tablename__ = "outgoing_mail"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(300))  # the same at every attempt, so that readers see one message
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=utcnow, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    sealed_error: Mapped[bytes | None] = mapped_column(LargeBinary)  # a server's answer often has the address

    @classmethod
    def add(cls, content: Content, message_id: str, lifetime: timedelta) -> Self:
        """Add a message that is worth sending for so long."""
        sealed = keyring().encrypt(PURPOSE, json.dumps(content))
        message = cls(message_id=message_id, sealed=sealed, expires_at=utcnow() + lifetime)
        db.session.add(message)
        return message

    @classmethod
    def lock_for_update(cls, mail_id: int) -> Self:
        """The row, locked. Raises NotFound."""
        statement = select(cls).where(cls.id == min(mail_id, BIGGEST_ID)).with_for_update()
        found = db.session.scalar(statement)
        if found is None:
            raise NotFound(GONE)
        return found

    @classmethod
    def delete_to(cls, email: str) -> None:
        """Delete what is addressed to this email; what cannot be deciphered any more stays."""
        for mail in db.session.scalars(select(cls)):
            with suppress(Undecipherable):
                if mail.content.to == email:
                    db.session.delete(mail)

    @property
    def content(self) -> Content:
        """What it says. Raises Undecipherable where the secret key is another one by now."""
        return Content(*json.loads(keyring().decrypt(PURPOSE, self.sealed)))

    @property
    def error(self) -> str:
        """Why the last attempt failed. Raises Undecipherable as above."""
        return keyring().decrypt(PURPOSE, self.sealed_error) if self.sealed_error else ""

    @property
    def is_expired(self) -> bool:
        """Whether it is too old to be worth sending."""
        return utcnow() >= self.expires_at

    def claim(self) -> None:
        """Keep other processes from trying it, as long as one attempt may take."""
        self.attempts += 1
        self.next_attempt_at = utcnow() + LEASE

    def fail(self, error: str, is_final: bool) -> None:
        """Note why it was not sent, and when to try again: after growing pauses, until it expires."""
        left = self.expires_at - utcnow()
        pause = min(FIRST_PAUSE * 2 ** min(self.attempts - 1, 10), LONGEST_PAUSE, left / 2)
        self.next_attempt_at = None if is_final or left < FIRST_PAUSE else utcnow() + pause
        self.sealed_error = keyring().encrypt(PURPOSE, error[:ERROR_LENGTH])

    def send_again(self) -> None:
        """Try one that has failed anew. Raises MailExpired."""
        if self.is_expired:
            raise MailExpired
        self.attempts, self.next_attempt_at, self.sealed_error = 0, utcnow(), None
        Event.record("mail_sent_again")

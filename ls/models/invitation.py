"""Invitations: links that end, and that admit one address or whoever has them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, ForeignKey, String, delete, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ls.db.extensions import Base, db
from ls.db.types import NEVER_REUSE_IDS, UtcDateTime, iso, sort_key, utcnow
from ls.exceptions import InvalidFields, InvitationEnded, NotFound, Text
from ls.models.event import Event
from ls.security.crypto import is_same_token, keyring
from ls.validation import BIGGEST_ID, token_in

if TYPE_CHECKING:
    from ls.models.user import User

PENDING, USED, EXPIRED, REVOKED = "pending", "used", "expired", "revoked"
ENDED = {
    USED: _l("This invitation is used up."),
    EXPIRED: _l("This invitation has expired."),
    REVOKED: _l("This invitation was revoked."),
}


class Invitation(Base):
    """A link to sign up. The database holds no secret of it: its token is the id with a signature."""

    __tablename__ = "invitations"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(primary_key=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: the command line
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    email: Mapped[str | None] = mapped_column(String(254))  # the only address that it admits
    email_key: Mapped[str | None] = mapped_column(sort_key(254), index=True)
    note: Mapped[str] = mapped_column(String(256), default="")
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    max_uses: Mapped[int | None]
    uses: Mapped[int] = mapped_column(default=0)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    created_by: Mapped[User | None] = relationship()

    @property
    def state(self) -> str:
        """PENDING, or how it ended."""
        if self.max_uses is not None and self.uses >= self.max_uses:
            return USED
        if self.revoked_at is not None:
            return REVOKED
        return EXPIRED if self.expires_at is not None and self.expires_at <= utcnow() else PENDING

    @property
    def ended(self) -> Text:
        """How it ended, for people; None while it is pending."""
        return ENDED.get(self.state)

    @classmethod
    def is_pending(cls) -> tuple[ColumnElement[bool], ...]:
        """The state PENDING as conditions of a statement."""
        has_uses = or_(cls.max_uses.is_(None), cls.uses < cls.max_uses)
        return has_uses, cls.revoked_at.is_(None), or_(cls.expires_at.is_(None), cls.expires_at > utcnow())

    @property
    def token(self) -> str:
        """The secret part of its link."""
        # With the time, as a database that was restored from a backup gives ids out again.
        signed = f"{self.id} {iso(self.created_at)}"
        return f"{self.id}-{keyring().sign_token('invitation', signed.encode())}"

    @classmethod
    def by_token(cls, token: str) -> Self | None:
        """The invitation of this token; None if the signature is wrong, and for the token of the invite link."""
        number = token_in(token).partition("-")[0]
        row_id = int(number) if number.isdecimal() and len(number) < len(str(BIGGEST_ID)) else 0
        found = db.session.get(cls, row_id) if row_id else None
        return found if found is not None and is_same_token(token, found.token) else None

    @classmethod
    def lock_for_update(cls, invitation_id: int) -> Self:
        """The invitation, read again and locked until the transaction ends. Raises NotFound."""
        found = cls.locked(cls.id == invitation_id) if invitation_id <= BIGGEST_ID else ()
        if not found:
            raise NotFound
        return found[0]

    @classmethod
    def locked(cls, *conditions: ColumnElement[bool]) -> Sequence[Self]:
        """Those that meet the conditions, read again and locked until the transaction ends."""
        statement = select(cls).where(*conditions).order_by(cls.id).with_for_update(key_share=True)
        return db.session.scalars(statement, execution_options={"populate_existing": True}).all()

    def check(self) -> None:
        """Check that it still admits somebody. Raises InvitationEnded, which says why and whom to ask."""
        if why := self.ended:
            inviter = self.created_by
            asked = inviter.display_name if inviter is not None and inviter.is_active else _l("a member")
            raise InvitationEnded(_l("%(why)s Ask %(name)s for a new one.", why=why, name=asked))

    def redeem(self, key: str) -> None:
        """Use it for the account with this email key; at once, no more accounts than it has uses left get through.

        Raises InvalidFields for another address, InvitationEnded.
        """
        if self.email_key not in {None, key}:
            raise InvalidFields({"email": [_l("This invitation is for %(email)s only.", email=self.email)]})
        use = update(Invitation).where(Invitation.id == self.id, *self.is_pending()).values(uses=Invitation.uses + 1)
        used = use.returning(Invitation.id).execution_options(synchronize_session=False)
        if db.session.scalar(used) is None:
            raise InvitationEnded

    def revoke(self) -> None:
        """End it; one that has ended stays as it is. It is locked."""
        if self.state == PENDING:
            self.revoked_at = utcnow()
            Event.record("invitation_revoked", invitation=self.id)

    @classmethod
    def delete_for(cls, user: User) -> None:
        """Delete those that hold an address of the user."""
        theirs = or_(cls.email_key == user.email_key, cls.id == user.invitation_id)
        db.session.execute(delete(cls).where(cls.email_key.is_not(None), theirs))

"""Personal tokens: JWT refresh tokens of Label Studio's clients. Written by `ls.accounts.jwt_tokens`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text, delete
from sqlalchemy.orm import Mapped, mapped_column

from ls.db.extensions import Base, db
from ls.db.types import NEVER_REUSE_IDS, HasId, UtcDateTime, utcnow


class PersonalToken(Base):
    """A JWT refresh token, of which the hash and the part without the signature are stored."""

    __tablename__ = "personal_tokens"
    __table_args__ = NEVER_REUSE_IDS

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    unsigned: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    blacklisted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(16))

    @classmethod
    def delete_for(cls, user: HasId) -> None:
        """Delete the user's tokens."""
        db.session.execute(delete(cls).where(cls.user_id == user.id))

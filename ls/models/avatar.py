"""Pictures, in the database so that one file is the whole backup and several nodes share them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, LargeBinary, String, delete
from sqlalchemy.orm import Mapped, mapped_column

from ls.db.extensions import Base, db
from ls.models.event import Event

if TYPE_CHECKING:
    from ls.images.avatar import Picture
    from ls.models.user import User


class Avatar(Base):
    """The re-encoded picture of one person; its name is made from its content."""

    __tablename__ = "avatars"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), index=True)
    media_type: Mapped[str] = mapped_column(String(40))
    data: Mapped[bytes] = mapped_column(LargeBinary)

    @classmethod
    def keep(cls, user: User, picture: Picture) -> None:
        """Make this the person's picture."""
        user.hold()
        row = cls(user_id=user.id, name=picture.name, media_type=picture.media_type, data=picture.data)
        db.session.merge(row)
        user.avatar_name = picture.name
        Event.record("avatar_saved", user)

    @classmethod
    def remove(cls, user: User) -> None:
        """Go back to initials; without a picture nothing happens."""
        user.hold()
        if user.avatar_name is not None:
            cls.forget(user)
            user.avatar_name = None
            Event.record("avatar_removed", user)

    @classmethod
    def forget(cls, user: User) -> None:
        """Delete the picture's bytes."""
        db.session.execute(delete(cls).where(cls.user_id == user.id))

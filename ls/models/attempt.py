"""Counted attempts, in the database so that every worker and node reads the same count."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from ls.db.extensions import Base
from ls.db.types import UtcDateTime


class Attempt(Base):
    """How often something was tried within one window; the key is a hash, never a plain address."""

    __tablename__ = "attempts"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

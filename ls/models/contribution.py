"""How much each user annotated in each project. Written by `ls.projects.counters`."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ls.db.extensions import Base
from ls.db.types import UtcDateTime


class Contribution(Base):
    """The submitted annotations of one user in one project; updated in the transaction of the annotation."""

    __tablename__ = "contributions"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True, index=True)
    annotations_count: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)

"""The audit trail: who did what to whom, when, from where. Rows are only ever added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, insert
from sqlalchemy.orm import Mapped, mapped_column

from ls import origin
from ls.clock import now
from ls.extensions import Base, db
from ls.models.types import Somebody, UtcDateTime


class Event(Base):
    """One account event, written in the transaction of what it tells."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    kind: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    target_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(origin.AGENT_LENGTH), default="")
    request_id: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    __table_args__ = (
        Index("ix_events_kind", "kind", "id"),
        Index("ix_events_actor_id", "actor_id", "id"),
        Index("ix_events_target_id", "target_id", "id"),
    )

    @classmethod
    def record(cls, kind: str, target: Somebody | None = None, *, actor: Somebody | None = None, **detail: Any) -> None:
        """Add an event to the present transaction; the actor is who asks, unless named.

        `detail` never holds a secret.
        """
        came = origin.current()
        if target is not None and target.id is None:
            db.session.flush()
        who = actor.id if actor is not None else came.actor_id
        whom = target.id if target is not None else None
        row = {"kind": kind, "actor_id": who, "target_id": whom, "detail": detail}
        came_from = {"address": came.address, "agent": came.agent, "request_id": came.request_id}
        db.session.connection().execute(_ADDING, row | came_from)
        # What `write()` logs once it is committed; the row itself is expired by then.
        told = {"kind": kind, "actor": who, "target": whom, "address": came.address, "detail": detail or None}
        db.session().info.setdefault("told", []).append(told)


_ADDING = insert(Event.metadata.tables[Event.__tablename__])

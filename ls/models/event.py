"""The audit log: who did what to whom, when, from where. Rows are only added, never changed."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, insert
from sqlalchemy.orm import Mapped, mapped_column

from ls.db.extensions import Base, db
from ls.db.types import HasId, UtcDateTime, utcnow

AGENT_LENGTH = 300
COMMAND_LINE = "command line"  # the agent of commands
EMAILS = frozenset(["old_email", "new_email"])
CHANGES = "changes"  # old and new of each field, in an event's detail


@dataclass(frozen=True, slots=True)
class AuditContext:
    """Who asks and from where: actor (None: not signed in), address, client's own name, request id.

    An address is shared if it is that of a proxy that nobody named. What somebody asks on a page, they read in the
    language of that page.
    """

    actor_id: int | None = None
    address: str = ""
    agent: str = ""
    request_id: str = ""
    is_shared: bool = False
    is_page: bool = False


_context: ContextVar[AuditContext] = ContextVar("audit_context", default=AuditContext())  # noqa: B039  # frozen


def audit_context() -> AuditContext:
    """The context that events of this request or command are recorded with."""
    return _context.get()


def set_audit_context(context: AuditContext) -> None:
    """Set the context of the events that follow. The agent is cut; PostgreSQL's text takes no NUL."""
    _context.set(replace(context, agent=context.agent.replace("\0", "")[:AGENT_LENGTH]))


def without_changes(detail: dict[str, Any]) -> dict[str, Any]:
    """The detail without old and new, for the server's log and for events of deleted accounts: names are personal."""
    return {name: "…" if name in EMAILS else value for name, value in detail.items() if name != CHANGES}


class Event(Base):
    """One account event, written in the transaction of the change it records."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    kind: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    target_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(AGENT_LENGTH), default="")
    request_id: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    __table_args__ = (
        Index("ix_events_kind", "kind", "id"),
        Index("ix_events_actor_id", "actor_id", "id"),
        Index("ix_events_target_id", "target_id", "id"),
    )

    @classmethod
    def record(cls, kind: str, target: HasId | None = None, *, actor: HasId | None = None, **detail: Any) -> None:
        """Add an event to the current transaction; the actor is that of the audit context, unless named.

        `detail` never holds a secret; its `changes` are old and new of each field.
        """
        context = audit_context()
        if target is not None and target.id is None:
            db.session.flush()
        who = actor.id if actor is not None else context.actor_id
        whom = target.id if target is not None else None
        row = {"kind": kind, "actor_id": who, "target_id": whom, "detail": detail}
        source = {"address": context.address, "agent": context.agent, "request_id": context.request_id}
        db.session.connection().execute(_ADDING, row | source)
        # `write()` logs this after the commit, when the row itself is expired.
        line = {"kind": kind, "id": context.request_id or None, "actor": who, "target": whom}
        line |= {"address": context.address, "detail": without_changes(detail) or None}
        db.session().info.setdefault("events", []).append(line)


_ADDING = insert(Event.metadata.tables[Event.__tablename__])

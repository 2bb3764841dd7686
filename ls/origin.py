"""Who is asking and from where, for the audit trail; set once per request or command."""

from contextvars import ContextVar
from dataclasses import dataclass

AGENT_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Origin:
    """The actor (None: nobody signed in), the address, the client's own name, the request id."""

    actor_id: int | None = None
    address: str = ""
    agent: str = ""
    request_id: str = ""


NOBODY = Origin()

_current: ContextVar[Origin] = ContextVar("origin", default=NOBODY)  # frozen


def current() -> Origin:
    """Where the verb that runs now comes from."""
    return _current.get()


def become(origin: Origin) -> None:
    """Say where the verbs that follow come from; `agent` is cut to what is kept, and can be kept everywhere."""
    agent = origin.agent.replace("\0", "")[:AGENT_LENGTH]  # PostgreSQL's text has no NUL
    _current.set(Origin(origin.actor_id, origin.address, agent, origin.request_id))

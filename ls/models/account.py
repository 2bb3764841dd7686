"""An account as one light row: what lists and every request read, without the cost of an entity."""

from datetime import datetime
from typing import Any, NamedTuple

from ls.models.user import Shown, User


class _Account(NamedTuple):
    id: int
    email: str
    username: str
    first_name: str
    last_name: str
    phone: str
    status: str
    date_joined: datetime
    last_activity: datetime | None
    allow_newsletters: bool | None
    custom_hotkeys: dict[str, Any]
    language: str | None
    appearance: str
    avatar_name: str | None


class Account(Shown, _Account):
    """Somebody's account as it was read."""


# The table's own columns: as attributes of the entity they would cost SQLAlchemy's object layer at each reading.
COLUMNS = tuple(User.__table__.c[name] for name in _Account._fields)

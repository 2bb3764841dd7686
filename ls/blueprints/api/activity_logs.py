"""The audit trail for scripts."""

from datetime import datetime
from typing import Annotated, Any

from flask import Response
from pydantic import Field
from sqlalchemy import func, select
from typing_extensions import TypedDict

from ls.blueprints.api import api
from ls.blueprints.api.operation import Query, answer, operation
from ls.blueprints.api.schemas import IS_LINE, Id, Moment, PageNumber
from ls.db.extensions import db
from ls.models import Event, User
from ls.models.organization import DEFAULT_ORGANIZATION_ID


class ActivityLog(TypedDict):
    """One event: who did what to whom, when, from where."""

    id: int
    datetime: datetime
    event: str
    user_id: int | None
    email: str
    target_id: int | None
    target_email: str
    ip_address: str
    user_agent: str
    organization_id: int
    request_method: str
    request_url: str
    response_code: str
    extra_data: dict[str, Any]


class ActivityPage(TypedDict):
    """Events, newest first."""

    data: list[ActivityLog]
    recordsTotal: int
    recordsFiltered: int


class ActivityQuery(Query):
    """Which events."""

    page: PageNumber = 1
    page_size: Annotated[int, Field(ge=-1, le=1000, description="At most 1,000; -1: as many as that.")] = 100
    user: Annotated[Id | None, Field(description="Who did it.")] = None
    event: Annotated[str, Field(max_length=40, description="Which kind of event."), IS_LINE] | None = None
    start_date: Moment | None = None
    end_date: Moment | None = None
    ordering: str | None = None


@api.get("/api/activity-logs/")
@operation(
    "List account events",
    tag="Activity log",
    query=ActivityQuery,
    answers={200: list[ActivityPage]},
    errors=(400,),
)
def list_activity(query: ActivityQuery) -> Response:
    """The audit trail, newest first, in the envelope that the original's SDK reads."""
    conditions = _conditions(query)
    total = db.session.scalar(select(func.count()).select_from(Event)) or 0
    found = total
    if conditions:
        found = db.session.scalar(select(func.count()).select_from(Event).where(*conditions)) or 0
    page = {"data": _rows(query, conditions), "recordsTotal": total, "recordsFiltered": found}
    return answer(list[ActivityPage], [page])


def _conditions(query: ActivityQuery) -> list[Any]:
    asked = {
        "user": Event.actor_id.__eq__,
        "event": Event.kind.__eq__,
        "start_date": Event.at.__ge__,
        "end_date": Event.at.__le__,
    }
    given = {name: getattr(query, name) for name in asked}
    return [asked[name](value) for name, value in given.items() if value is not None]


def _rows(query: ActivityQuery, conditions: list[Any]) -> list[ActivityLog]:
    size = query.page_size if query.page_size > 0 else 1000
    emails = select(User.id, User.email).subquery()
    targets = select(User.id, User.email).subquery()
    statement = (
        select(Event, emails.c.email.label("email"), targets.c.email.label("target_email"))
        .outerjoin(emails, emails.c.id == Event.actor_id)
        .outerjoin(targets, targets.c.id == Event.target_id)
        .where(*conditions)
        .order_by(Event.id.asc() if query.ordering in {"id", "datetime"} else Event.id.desc())
        .limit(size)
        .offset((query.page - 1) * size)
    )
    return [_shape(*row) for row in db.session.execute(statement)]


def _shape(event: Event, email: str | None, target_email: str | None) -> ActivityLog:
    return {
        "id": event.id,
        "datetime": event.at,
        "event": event.kind,
        "user_id": event.actor_id,
        "email": email or "",
        "target_id": event.target_id,
        "target_email": target_email or "",
        "ip_address": event.address,
        "user_agent": event.agent,
        "organization_id": DEFAULT_ORGANIZATION_ID,
        "request_method": "",
        "request_url": "",
        "response_code": "",
        "extra_data": event.detail,
    }

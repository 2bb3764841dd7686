"""The audit log for scripts."""

import datetime as dt
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import AfterValidator, Field

from ls.blueprints.api.blueprint import api
from ls.blueprints.api.operation import Schema, api_operation, json_response
from ls.blueprints.api.schemas import IS_LINE, MAX_PAGE_SIZE, Id, Moment, Paged
from ls.models.organization import DEFAULT_ORGANIZATION_ID
from ls.queries.numbered_pages import EventFilter, count_events, list_events


class ActivityLog(Schema):
    """One event: who did what to whom, when, from where."""

    id: int
    datetime: dt.datetime = Field(validation_alias="at")
    event: str = Field(validation_alias="kind")
    user_id: int | None = Field(validation_alias="actor_id")
    email: str = Field(validation_alias="actor_email")
    target_id: int | None
    target_email: str
    ip_address: str = Field(validation_alias="address")
    user_agent: str = Field(validation_alias="agent")
    organization_id: int = DEFAULT_ORGANIZATION_ID
    request_method: str = ""
    request_url: str = ""
    response_code: str = ""
    extra_data: dict[str, Any] = Field(validation_alias="detail")


class ActivityPage(Schema):
    """A page of events."""

    data: list[ActivityLog]
    recordsTotal: int  # noqa: N815  # the names are Label Studio's
    recordsFiltered: int  # noqa: N815  # as above


class ActivityQuery(Paged):
    """Which events."""

    page_size: Annotated[
        int,
        Field(ge=-1, description="At most 1,000; -1: as many as that."),
        AfterValidator(lambda size: size if 0 < size < MAX_PAGE_SIZE else MAX_PAGE_SIZE),
    ] = 100
    user: Annotated[Id | None, Field(description="The user who did it.")] = None
    event: Annotated[str, Field(max_length=40, description="The kind of event."), IS_LINE] | None = None
    start_date: Moment | None = None
    end_date: Moment | None = None
    ordering: Literal["id", "-id", "datetime", "-datetime"] = "-id"


@api.get("/api/activity-logs/")
@api_operation("List account events", tag="Activity log", query=ActivityQuery, answers={200: list[ActivityPage]})
def list_activity(query: ActivityQuery) -> Response:
    """The audit log, newest first, in a list of one page, as Label Studio's SDK reads it."""
    wanted = EventFilter(query.user, query.event, query.start_date, query.end_date)
    events = list_events(wanted, query.offset, query.page_size, oldest_first=query.ordering in {"id", "datetime"})
    total = count_events(EventFilter())
    page = {
        "data": events,
        "recordsTotal": total,
        "recordsFiltered": total if wanted == EventFilter() else count_events(wanted),
    }
    return json_response(list[ActivityPage], [page])

"""What several calls share: the schemas of users, pages and errors, and the types of fields."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from flask import request
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints
from typing_extensions import TypedDict

from ls.blueprints.api.operation import Query, Schema
from ls.models import Organization, User
from ls.names import visible
from ls.validation import BIGGEST_ID, is_line, json_problem, text_problem

Item = TypeVar("Item")


class OrganizationMeta(Schema):
    """The organization of a user, in short."""

    title: str
    email: str


class UserSchema(Schema):
    """An account."""

    id: int
    first_name: str
    last_name: str
    username: str
    email: str
    last_activity: datetime | None
    custom_hotkeys: dict[str, Any]
    avatar: str | None
    initials: str
    phone: str
    active_organization: int | None
    active_organization_meta: OrganizationMeta
    allow_newsletters: bool | None
    date_joined: datetime


class ProjectTitle(Schema):
    """A project, in short."""

    id: int
    title: str


class Page(TypedDict, Generic[Item]):
    """A page of a list."""

    count: int
    next: str | None
    previous: str | None
    results: list[Item]


class Detail(Schema):
    """A message."""

    detail: str


class ValidationFailure(Schema):
    """The messages of each invalid field."""

    status_code: int
    detail: str
    validation_errors: dict[str, list[str]]


def _line(value: str) -> str:
    if not is_line(value):
        raise ValueError("Control characters are not allowed.")
    return value


def _text(value: str) -> str:
    if problem := text_problem(value):
        raise ValueError(f"This field {problem}.")
    return value


def _visible(value: str) -> str:
    if not visible(value):
        raise ValueError("This field may not be blank.")
    return value


def _json(value: Any) -> Any:
    if problem := json_problem(value):
        raise ValueError(f"This field {problem}.")
    return value


def _iso_text(value: Any) -> Any:
    if value is not None and not (isinstance(value, str) and ISO.match(value)):
        raise ValueError("Write the moment as in 2021-06-15T19:37:29Z.")
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("This moment is out of range.") from None


# Put after the length: the constraints before these are checked, and blanks are stripped, first.
IS_LINE, IS_TEXT, IS_VISIBLE = AfterValidator(_line), AfterValidator(_text), AfterValidator(_visible)
Name = Annotated[str, StringConstraints(max_length=256), IS_LINE]
AnyJson = Annotated[Any, AfterValidator(_json)]
JsonObject = Annotated[dict[str, Any], AfterValidator(_json)]
JsonList = Annotated[list[Any], AfterValidator(_json)]

ISO = re.compile(r"\d{4}-\d\d-\d\dT", re.IGNORECASE)
Moment = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_iso_text), AfterValidator(_in_utc)]

Id = Annotated[int, Field(ge=1, le=BIGGEST_ID)]


def at_most(most: int) -> AfterValidator:
    """A larger number is taken as this one."""
    return AfterValidator(lambda number: min(number, most))


LAST_PAGE = 10**9  # beyond the end of every list, and its offset is still a number that both databases take
MAX_PAGE_SIZE = 1000
PageNumber = Annotated[int, Field(ge=1, description="Counted from 1."), at_most(LAST_PAGE)]
PageSize = Annotated[int, Field(ge=1, description="Items a page, at most 1,000."), at_most(MAX_PAGE_SIZE)]


class Paged(Query):
    """Which page of a list."""

    page: PageNumber = 1
    page_size: PageSize = 30

    @property
    def offset(self) -> int:
        """How many items come before the page."""
        return (self.page - 1) * self.page_size


class Single(Query):
    """The order of a list of one."""

    ordering: Annotated[str | None, Field(description="Without effect: there is at most one.")] = None


def user_schema(user: User, organization: Organization) -> dict[str, Any]:
    """The fields of UserSchema."""
    return {
        "id": user.id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "username": user.username,
        "email": user.email,
        "last_activity": user.last_activity or user.date_joined,  # as Label Studio does
        "custom_hotkeys": user.custom_hotkeys,
        "avatar": avatar_path(user.avatar_name),
        "initials": user.initials,
        "phone": user.phone,
        "active_organization": organization.id,
        "active_organization_meta": {"title": organization.title, "email": organization.contact_info or ""},
        "allow_newsletters": user.allow_newsletters,
        "date_joined": user.date_joined,
    }


def avatar_path(name: str | None) -> str | None:
    """The path of the picture, the prefix included."""
    return f"{request.script_root}/data/avatars/{name}" if name else None


def page_schema(results: list[Any], count: int, paged: Paged) -> dict[str, Any]:
    """A page with links to its neighbours; a page past the end is empty, not missing."""
    last = max(1, -(-count // paged.page_size))
    return {
        "count": count,
        "next": _link(paged.page + 1) if paged.page < last else None,
        "previous": _link(paged.page - 1) if 1 < paged.page <= last + 1 else None,
        "results": results,
    }


def _link(number: int) -> str:
    return f"{request.base_url}?{urlencode({**request.args.to_dict(), 'page': number})}"

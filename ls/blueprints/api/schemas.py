"""What several calls answer: the account as Label Studio's clients read it, pages, errors."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from flask import request
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints
from typing_extensions import TypedDict

from ls.accounts.sign_up import storable
from ls.blueprints.api.operation import Query
from ls.models import Organization, User
from ls.models.account import Account
from ls.models.visitor import Team
from ls.validation import BIGGEST_ID, json_problem, text_problem

Item = TypeVar("Item")


class OrganizationMeta(TypedDict):
    """The team, in short."""

    title: str
    email: str


class UserShape(TypedDict):
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


class ProjectTitle(TypedDict):
    """A project, in short."""

    id: int
    title: str


class Page(TypedDict, Generic[Item]):
    """A page of a list."""

    count: int
    next: str | None
    previous: str | None
    results: list[Item]


class Detail(TypedDict):
    """A sentence on what happened."""

    detail: str


class ValidationFailure(TypedDict):
    """What is wrong, by field."""

    status_code: int
    detail: str
    validation_errors: dict[str, list[str]]


def _line(value: str) -> str:
    if not storable(value):
        raise ValueError("Control characters are not allowed.")
    return value


def _text(value: str) -> str:
    if problem := text_problem(value):
        raise ValueError(f"This field {problem}.")
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("This moment is out of range.") from None


def _written_out(value: Any) -> Any:
    if value is not None and not (isinstance(value, str) and ISO.match(value)):
        raise ValueError("Write the moment as in 2021-06-15T19:37:29Z.")
    return value


def _keepable(value: Any) -> Any:
    if problem := json_problem(value):
        raise ValueError(f"This field {problem}.")
    return value


# Put behind the length: what stands before these is checked, and stripped, first.
IS_LINE, IS_TEXT = AfterValidator(_line), AfterValidator(_text)
Name = Annotated[str, StringConstraints(max_length=256), IS_LINE]
AnyJson = Annotated[Any, AfterValidator(_keepable)]
JsonObject = Annotated[dict[str, Any], AfterValidator(_keepable)]
JsonList = Annotated[list[Any], AfterValidator(_keepable)]

ISO = re.compile(r"\d{4}-\d\d-\d\dT", re.IGNORECASE)
Moment = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_written_out), AfterValidator(_in_utc)]

Id = Annotated[int, Field(ge=1, le=BIGGEST_ID)]

FURTHEST = 10**9  # beyond every list's end, and its offset still is a number that both databases take
PageNumber = Annotated[
    int, Field(ge=1, description="Counted from 1."), AfterValidator(lambda number: min(number, FURTHEST))
]


class Paged(Query):
    """Which page of a list."""

    page: PageNumber = 1
    page_size: Annotated[int, Field(ge=1, le=1000, description="Items a page.")] = 30


def user_shape(user: User | Account, team: Organization | Team) -> UserShape:
    """The account as its JSON reads."""
    return {
        "id": user.id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "username": user.username,
        "email": user.email,
        "last_activity": user.last_activity or user.date_joined,  # as in the original
        "custom_hotkeys": user.custom_hotkeys,
        "avatar": avatar_path(user.avatar_name),
        "initials": user.initials,
        "phone": user.phone,
        "active_organization": team.id,
        "active_organization_meta": meta(team),
        "allow_newsletters": user.allow_newsletters,
        "date_joined": user.date_joined,
    }


def meta(team: Organization | Team) -> OrganizationMeta:
    """The team, in short."""
    return {"title": team.title, "email": team.contact_info or ""}


def avatar_path(name: str | None) -> str | None:
    """Where the picture is, the prefix included."""
    return f"{request.script_root}/data/avatars/{name}" if name else None


def page_of(results: list[Any], count: int, paged: Paged) -> dict[str, Any]:
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

"""The one organization, its settings, and its invite link."""

from datetime import datetime
from typing import Annotated

from flask import Response
from pydantic import Field, StringConstraints
from sqlalchemy import select
from typing_extensions import TypedDict

from ls.accounts import emails
from ls.blueprints.api import api
from ls.blueprints.api.operation import Input, answer, operation
from ls.blueprints.api.schemas import IS_LINE, Name
from ls.db.extensions import db
from ls.db.transaction import write
from ls.exceptions import InvalidFields, NotFound
from ls.links import invite_path
from ls.models import Event, Organization, User
from ls.models.organization import DEFAULT_ORGANIZATION_ID
from ls.models.user import DELETED

TAG = "Organizations"


class OrganizationShape(TypedDict):
    """An organization in a list."""

    id: int
    title: str
    contact_info: str | None
    created_at: datetime


class OrganizationDetail(OrganizationShape):
    """The organization with its invite token and people."""

    token: str
    created_by: int | None
    users: list[int]


Title = Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True), IS_LINE]


class OrganizationPatch(Input):
    """What members may change of the organization."""

    title: Title | None = None
    contact_info: Name | None = None


class Invite(TypedDict):
    """The invite link."""

    token: str
    invite_url: str


class PolicyShape(TypedDict):
    """How long logins live, in minutes."""

    max_session_age: int
    max_time_between_activity: int


Minutes = Annotated[int, Field(ge=1, le=10 * 365 * 24 * 60, description="Minutes.")]


class PolicyPatch(Input):
    """New limits; null goes back to the server's settings."""

    max_session_age: Minutes | None = None
    max_time_between_activity: Minutes | None = None


def check_id(organization_id: int) -> None:
    """There is one organization. Raises NotFound for every other."""
    if organization_id != DEFAULT_ORGANIZATION_ID:
        raise NotFound


def the_one(organization_id: int) -> Organization:
    """The organization of that id. Raises NotFound for every id but 1."""
    check_id(organization_id)
    return Organization.get()


def _shape(organization: Organization) -> OrganizationShape:
    return {
        "id": organization.id,
        "title": organization.title,
        "contact_info": organization.contact_info,
        "created_at": organization.created_at,
    }


def _detail(organization: Organization) -> OrganizationDetail:
    living = select(User.id).where(User.status != DELETED).order_by(User.id)
    return {
        **_shape(organization),
        "token": organization.invite_token,
        "created_by": organization.created_by_id,
        "users": list(db.session.scalars(living)),
    }


@api.get("/api/organizations/")
@operation("List organizations", tag=TAG, answers={200: list[OrganizationShape]})
def list_organizations() -> Response:
    """The one organization of this server."""
    return answer(list[OrganizationShape], [_shape(Organization.get())])


@api.get("/api/organizations/<int:organization_id>")
@operation("Read the organization", tag=TAG, answers={200: OrganizationDetail}, errors=(404,))
def get_organization(organization_id: int) -> Response:
    """Title, contact, invite token, people."""
    return answer(OrganizationDetail, _detail(the_one(organization_id)))


@api.patch("/api/organizations/<int:organization_id>")
@operation(
    "Change the organization",
    tag=TAG,
    body=OrganizationPatch,
    answers={200: OrganizationDetail},
    errors=(400, 404),
)
def update_organization(organization_id: int, body: OrganizationPatch) -> Response:
    """Change title or contact."""
    organization, given = the_one(organization_id), body.given()
    wanted = {"title": given["title"]} if given.get("title") else {}
    if "contact_info" in given:
        wanted["contact_info"] = _checked(given["contact_info"])
    with write():
        if organization.change(**wanted):
            Event.record("organization_changed", fields=sorted(wanted))
    return answer(OrganizationDetail, _detail(organization))


def _checked(contact: str | None) -> str | None:
    if not contact or not contact.strip():
        return None
    try:
        return emails.checked(contact)[0]
    except InvalidFields as refused:
        raise InvalidFields({"contact_info": refused.errors["email"]}) from None


def _invite(organization: Organization) -> Invite:
    return {"token": organization.invite_token, "invite_url": invite_path(organization)}


@api.get("/api/invite")
@operation("Read the invite link", tag="Invites", answers={200: Invite})
def get_invite() -> Response:
    """The invite link; reading it changes nothing."""
    return answer(Invite, _invite(Organization.get()))


@api.post("/api/invite/reset-token")
@operation("Reset the invite link", tag="Invites", answers={201: Invite}, errors=(409,))
def reset_invite() -> Response:
    """A new link; the old one is dead. Only while sign-up is closed."""
    with write():
        organization = Organization.lock()
        organization.reset_invite()
        mine = _invite(organization)  # read before the commit: afterwards it may be another member's
    return answer(Invite, mine, 201)


def _policy(organization: Organization) -> PolicyShape:
    return {
        "max_session_age": _minutes(organization.max_session_age.total_seconds()),
        "max_time_between_activity": _minutes(organization.max_idle.total_seconds()),
    }


def _minutes(seconds: float) -> int:
    return max(1, -int(-seconds // 60))


@api.get("/api/session-policy/")
@operation("Read the session policy", tag="Session policy", answers={200: PolicyShape})
def get_policy() -> Response:
    """How long logins live, in minutes; a setting in seconds is never rounded to zero."""
    return answer(PolicyShape, _policy(Organization.get()))


@api.patch("/api/session-policy/")
@operation(
    "Change the session policy",
    tag="Session policy",
    body=PolicyPatch,
    answers={200: PolicyShape},
    errors=(400,),
)
def update_policy(body: PolicyPatch) -> Response:
    """Rule how long logins live, those that are open now included."""
    given = body.given()
    columns = {"max_session_age": "session_max_age", "max_time_between_activity": "session_max_idle"}
    wanted = {columns[name]: minutes and minutes * 60 for name, minutes in given.items()}
    with write():
        organization = Organization.lock()
        if organization.change(**wanted):
            Event.record("session_policy_changed", **given)
    return answer(PolicyShape, _policy(organization))

"""The organization of this server, with its invite link and its session policy."""

from datetime import datetime, timedelta
from typing import Annotated

from flask import Response, url_for
from flask_login import current_user
from pydantic import Field, StringConstraints
from sqlalchemy import select

from ls.accounts import organization
from ls.blueprints.api.blueprint import api
from ls.blueprints.api.operation import Input, Schema, api_operation, json_response
from ls.blueprints.api.schemas import IS_LINE, IS_VISIBLE, Name, Single
from ls.db.extensions import db
from ls.exceptions import NotFound
from ls.models import User
from ls.models.organization import DEFAULT_ORGANIZATION_ID
from ls.models.user import DELETED
from ls.web.auth import write_as_current_user

TAG = "Organizations"

Title = Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True), IS_LINE, IS_VISIBLE]
Minutes = Annotated[int, Field(ge=1, le=10 * 365 * 24 * 60, description="Minutes.")]


class OrganizationSchema(Schema):
    """An organization in a list."""

    id: int
    title: str
    contact_info: str | None
    created_at: datetime


class OrganizationDetail(OrganizationSchema):
    """The organization with its invite token and members."""

    token: str = Field(validation_alias="invite_token")
    created_by: int | None = Field(validation_alias="created_by_id")
    users: list[int] = []


class OrganizationPatch(Input):
    """What members may change of the organization."""

    title: Title | None = None
    contact_info: Name | None = None


class Invite(Schema):
    """The invite link; its URL is a path, as Label Studio's clients expect."""

    token: str
    invite_url: str


class PolicySchema(Schema):
    """How long logins live, in minutes."""

    max_session_age: int
    max_time_between_activity: int


class PolicyPatch(Input):
    """New limits; null goes back to the server's settings."""

    max_session_age: Minutes | None = Field(None, serialization_alias="session_max_age")
    max_time_between_activity: Minutes | None = Field(None, serialization_alias="session_max_idle")


def check_organization_id(organization_id: int) -> None:
    """Check that this is the id of the organization. Raises NotFound."""
    if organization_id != DEFAULT_ORGANIZATION_ID:
        raise NotFound


@api.get("/api/organizations/")
@api_operation("List organizations", tag=TAG, query=Single, answers={200: list[OrganizationSchema]})
def list_organizations(query: Single) -> Response:  # noqa: ARG001  # see Single
    """The organization of this server."""
    return json_response(list[OrganizationSchema], [current_user.organization])


@api.get("/api/organizations/<int:organization_id>")
@api_operation("Read the organization", tag=TAG, answers={200: OrganizationDetail})
def get_organization(organization_id: int) -> Response:
    """Title, contact, invite token, members."""
    check_organization_id(organization_id)
    return _organization()


def _organization() -> Response:
    detail = OrganizationDetail.model_validate(current_user.organization)
    detail.users = list(db.session.scalars(select(User.id).where(User.status != DELETED).order_by(User.id)))
    return json_response(OrganizationDetail, detail)


@api.patch("/api/organizations/<int:organization_id>")
@api_operation("Change the organization", tag=TAG, body=OrganizationPatch, answers={200: OrganizationDetail})
def update_organization(organization_id: int, body: OrganizationPatch) -> Response:
    """Change title or contact."""
    check_organization_id(organization_id)
    values = body.model_dump(exclude_unset=True)
    if values.get("title") is None:
        values.pop("title", None)
    with write_as_current_user(lock_organization=True) as user:
        organization.change(user.organization, **values)
    return _organization()


@api.get("/api/invite")
@api_operation("Read the invite link", tag="Invites", answers={200: Invite})
def get_invite() -> Response:
    """The current invite link."""
    return _invite()


def _invite(status: int = 200) -> Response:
    token = current_user.organization.invite_token
    return json_response(Invite, {"token": token, "invite_url": url_for("auth.signup", token=token)}, status)


@api.post("/api/invite/reset-token")
@api_operation("Reset the invite link", tag="Invites", answers={201: Invite}, errors=(409,))
def reset_invite() -> Response:
    """A new link; the old one stops working. Refused while sign-up is open."""
    with write_as_current_user(lock_organization=True) as user:
        user.organization.reset_invite()
        return _invite(201)  # read before the commit: afterwards another member may have reset it again


@api.get("/api/session-policy/")
@api_operation("Read the session policy", tag="Session policy", answers={200: PolicySchema})
def get_policy() -> Response:
    """How long logins live, in minutes; seconds of the settings are rounded up."""
    return _policy()


def _policy() -> Response:
    limits = (current_user.organization.max_session_age, current_user.organization.max_idle)
    minutes = [-(-limit // timedelta(minutes=1)) for limit in limits]  # rounded up, so that none becomes zero
    return json_response(PolicySchema, dict(zip(PolicySchema.model_fields, minutes, strict=True)))


@api.patch("/api/session-policy/")
@api_operation("Change the session policy", tag="Session policy", body=PolicyPatch, answers={200: PolicySchema})
def update_policy(body: PolicyPatch) -> Response:
    """Change how long logins live, including those that are open now."""
    values = body.model_dump(exclude_unset=True, by_alias=True)
    seconds = {column: minutes and minutes * 60 for column, minutes in values.items()}
    with write_as_current_user(lock_organization=True) as user:
        organization.change_session_policy(user.organization, **seconds)
    return _policy()

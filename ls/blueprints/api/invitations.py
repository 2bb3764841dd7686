"""Invitations: list, invite, send again and revoke; and the two calls of the SDK for invitations by email."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from flask import Response, url_for
from pydantic import Field

from ls.accounts.invitations import NEW, Terms, invite, send_again
from ls.blueprints.api.blueprint import api
from ls.blueprints.api.operation import Input, Schema, api_operation, json_response, no_content
from ls.blueprints.api.schemas import Page, Paged, page_schema
from ls.exceptions import NotFound
from ls.models import Invitation
from ls.models.user import email_key
from ls.queries.invitations import numbered_invitations, used_by
from ls.web.auth import write_as_current_user

TAG = "Invites"
NAMED = 100  # of those who used an invitation


class InvitationSchema(Schema):
    """An invitation; `state` is pending, used, expired or revoked. The URL is absolute."""

    id: int
    email: str | None
    note: str
    state: str
    created_by: int | None = Field(validation_alias="created_by_id")
    created_at: datetime
    expires_at: datetime | None
    max_uses: int | None
    uses: int
    used_by: Annotated[list[int], Field(description="The first hundred users who signed up with it.")]
    url: str


class LeftOut(Schema):
    """An address that was not invited: its status is `member` or `invited`, and why."""

    email: str
    status: str
    why: str


class Invited(Schema):
    """The new invitations, and the addresses that need none."""

    invitations: list[InvitationSchema]
    left_out: list[LeftOut]


class Emails(Input):
    """Whom to invite, each with an invitation of their own; what else the SDK may send has no meaning here."""

    emails: Annotated[list[str], Field(min_length=1, description="At most 200.")]


class NewInvitations(Input):
    """Whom to invite: these addresses; without any, whoever has the one link."""

    emails: Annotated[list[str], Field(description="At most 200.")] = []
    note: str = ""
    expires: Annotated[str, Field(description="Such as `12h`, `7d` or `never`.")] = "7d"
    uses: Annotated[int | None, Field(description="null: once for an address, else any number.")] = None


class Email(Input):
    """One address."""

    email: str


@api.get("/api/invitations/")
@api_operation("List invitations", tag=TAG, query=Paged, answers={200: Page[InvitationSchema]})
def list_invitations(query: Paged) -> Response:
    """The newest first."""
    invitations, count = numbered_invitations(query.offset, query.page_size)
    return json_response(Page[InvitationSchema], page_schema(_schemas(invitations), count, query))


@api.get("/api/invitations/<int:invitation_id>/")
@api_operation("Get an invitation", tag=TAG, answers={200: InvitationSchema})
def get_invitation(invitation_id: int) -> Response:
    """As in the list."""
    [found] = _schemas([Invitation.find(invitation_id)])
    return json_response(InvitationSchema, found)


@api.post("/api/invitations/")
@api_operation("Invite people", tag=TAG, body=NewInvitations, answers={201: Invited})
def create_invitations(body: NewInvitations) -> Response:
    """Make an invitation for each address, and send it where mail is set up; if one is wrong, nobody is invited."""
    return _invite(body.emails, Terms.parse(body.note, body.expires, body.uses))


@api.post("/api/invite/send-email")
@api_operation("Invite people by email", tag=TAG, body=Emails, answers={201: Invited})
def send_invitations(body: Emails) -> Response:
    """The same as `POST /api/invitations/`, for 7 days; this call is the SDK's."""
    return _invite(body.emails, Terms())


def _invite(emails: list[str], terms: Terms) -> Response:
    with write_as_current_user(lock_organization=True) as user:
        lines = invite(emails, terms, user)
        made = _schemas([line.invitation for line in lines if line.invitation])
        others = [line for line in lines if line.status != NEW]
        left_out = [{"email": line.email, "status": line.status, "why": str(line.why)} for line in others]
        return json_response(Invited, {"invitations": made, "left_out": left_out}, 201)


def _schemas(invitations: Sequence[Invitation]) -> list[dict[str, Any]]:
    users, names = used_by(invitations, NAMED), InvitationSchema.model_fields.keys() - {"used_by", "url", "created_by"}
    return [
        {name: getattr(each, name) for name in names}
        | {"created_by_id": each.created_by_id, "used_by": [user.id for user in users.get(each.id, ())]}
        | {"url": url_for("auth.signup", token=each.token, _external=True)}
        for each in invitations
    ]


@api.delete("/api/invitations/<int:invitation_id>/")
@api_operation("Revoke an invitation", tag=TAG, answers={204: None})
def revoke_invitation(invitation_id: int) -> Response:
    """Its link does not work any more. One that has ended stays as it is."""
    with write_as_current_user():
        Invitation.lock_for_update(invitation_id).revoke()
    return no_content()


@api.post("/api/invitations/<int:invitation_id>/send/")
@api_operation("Send an invitation again", tag=TAG, answers={204: None}, errors=(409,))
def send_invitation(invitation_id: int) -> Response:
    """Once more by email; 409 without mail, without an address, or when it has ended."""
    with write_as_current_user() as user:
        send_again(invitation_id, user)
    return no_content()


@api.post("/api/invite/revoke")
@api_operation("Revoke the invitations of an address", tag=TAG, body=Email, answers={204: None}, errors=(404,))
def revoke_email(body: Email) -> Response:
    """End those for this address that are pending; 404 without any."""
    key = email_key(body.email) or ""  # not None, which those without an address have
    with write_as_current_user():
        found = Invitation.locked(Invitation.email_key == key, *Invitation.is_pending())
        if not found:
            raise NotFound
        for invitation in found:
            invitation.revoke()
    return no_content()

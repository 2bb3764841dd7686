"""Accounts: list, create, read, change, delete, and the picture of one's own."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from flask import Response, request, stream_with_context, url_for
from flask_login import current_user
from pydantic import Field, StringConstraints
from sqlalchemy import select

from ls.accounts import deletion, sign_up
from ls.blueprints.api.blueprint import api
from ls.blueprints.api.operation import (
    Input,
    Query,
    api_operation,
    json_response,
    no_content,
    read_json,
    to_json,
    validate,
)
from ls.blueprints.api.schemas import IS_LINE, IS_VISIBLE, Detail, Name, UserSchema, user_schema
from ls.db.extensions import db
from ls.exceptions import Forbidden, InvalidFields, NotAllowed
from ls.images.avatar import MAX_BYTES, PictureRefused, read_picture
from ls.models import OneTimeCode, Organization, User
from ls.models.user import NOT_DELETED
from ls.names import visible
from ls.web.auth import write_as_current_user

TAG = "Users"
CHUNK = 100  # users read at once for the list of all
AVATAR_FORM = {
    "type": "object",
    "required": ["avatar"],
    "properties": {"avatar": {"type": "string", "contentMediaType": "application/octet-stream"}},
}

Username = Annotated[str, StringConstraints(min_length=1, max_length=256, strip_whitespace=True), IS_LINE, IS_VISIBLE]


class UserCreated(UserSchema):
    """The new account; without a password also the link with which the user sets one."""

    set_password_url: str | None


class UserPatch(Input):
    """What users may change of their own account; an email is refused."""

    username: Username | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    phone: Name | None = None
    allow_newsletters: bool | None = None


class NewUser(UserPatch):
    """An account to create."""

    email: Annotated[str, StringConstraints(min_length=1, max_length=254)]
    username: Name | None = None
    password: Annotated[str, Field(description="Without one, the answer has a one-time link to set it.")] | None = None


class UsersQuery(Query):
    """In which order."""

    ordering: Literal["id"] = "id"


@api.get("/api/users/")
@api_operation("List users", tag=TAG, query=UsersQuery, answers={200: list[UserSchema]})
def list_users(query: UsersQuery) -> Response:  # noqa: ARG001  # the order is the only one
    """Active and deactivated users, without the deleted ones."""
    return Response(stream_with_context(_all_users()), mimetype="application/json")


def _all_users() -> Iterator[bytes]:
    """The list in chunks: it has no pages, so it may be long."""
    last_id, separator = 0, b""
    statement = select(User).where(User.status.in_(NOT_DELETED)).order_by(User.id).limit(CHUNK)
    yield b"["
    while users := db.session.scalars(statement.where(User.id > last_id)).all():
        organization = Organization.get()
        chunk = to_json(list[UserSchema], [user_schema(user, organization) for user in users])
        next_id = users[-1].id
        db.session.rollback()  # a slow client must not keep a transaction open
        yield separator + chunk[1:-1]
        last_id, separator = next_id, b","
    yield b"]"


@api.post("/api/users/")
@api_operation("Create an account", tag=TAG, body=NewUser, answers={201: UserCreated})
def create_user(body: NewUser) -> Response:
    """Create an account; without a password, one is set with a one-time link."""
    given = body.given()
    profile = {name: given.get(name) for name in ("username", "first_name", "last_name", "phone")}
    account = sign_up.prepare(body.email, body.password, **profile)
    with write_as_current_user(lock_organization=True) as creator:
        user = sign_up.create_account(account, kind="user_created")
        user.allow_newsletters = body.allow_newsletters
        code = OneTimeCode.issue(user) if body.password is None else None
    created = user_schema(user, creator.organization)
    url = url_for("auth.set_password", code=code, _external=True) if code else None
    return json_response(UserCreated, {**created, "set_password_url": url}, 201)


@api.get("/api/users/<int:user_id>/")
@api_operation("Read an account", tag=TAG, answers={200: UserSchema})
def get_user(user_id: int) -> Response:
    """One account."""
    return json_response(UserSchema, user_schema(User.find(user_id), current_user.organization))


@api.patch("/api/users/<int:user_id>/")
@api_operation("Change your account", tag=TAG, payload=UserPatch, answers={200: UserSchema}, errors=(403, 405))
def update_user(user_id: int) -> Response:
    """Change your own profile; that of another user is refused."""
    user = User.find(user_id)
    change_own_profile(user.id, read_json())
    return json_response(UserSchema, user_schema(current_user, current_user.organization))


def change_own_profile(user_id: int, sent: Any) -> None:
    """Change the profile of the current user.

    Raises NotAllowed for an email, Forbidden for another user (CVE-2026-22033), InvalidFields, in this order.
    """
    if isinstance(sent, dict) and "email" in sent:
        raise NotAllowed("Updating the email field is not allowed.")
    check_own(user_id)
    body: UserPatch = validate(sent, UserPatch)
    given = body.given()
    profile: dict[str, Any] = {name: visible(value) for name, value in given.items() if isinstance(value, str)}
    sign_up.check_profile(profile)
    if "allow_newsletters" in given:
        profile["allow_newsletters"] = body.allow_newsletters
    with write_as_current_user() as user:
        user.change_profile(**profile)


def check_own(user_id: int) -> None:
    """Check that this is the current user. Raises Forbidden."""
    if user_id != current_user.id:
        raise Forbidden("You do not have permission to perform this action.")


@api.delete("/api/users/<int:user_id>/")
@api_operation("Delete an account", tag=TAG, answers={204: None}, errors=(405, 409))
def delete_user(user_id: int) -> Response:
    """Delete the personal data; the work keeps its author. Your own account is refused."""
    with write_as_current_user(lock_organization=True):
        deletion.delete(User.find(user_id))
    return no_content()


@api.post("/api/users/<int:user_id>/avatar/")
@api_operation("Save your picture", tag=TAG, multipart=AVATAR_FORM, answers={200: Detail}, errors=(403,))
def save_avatar(user_id: int) -> Response:
    """Save the multipart file `avatar` as your own picture."""
    check_own(User.find(user_id).id)
    file = request.files.get("avatar")
    if file is None:
        raise InvalidFields({"avatar": ["Please include a picture."]})
    try:
        picture = read_picture(file.stream.read(MAX_BYTES + 1))
    except PictureRefused as refused:
        raise InvalidFields({"avatar": [refused.message]}) from None
    with write_as_current_user() as user:
        user.change_avatar(picture)
    return json_response(Detail, {"detail": "avatar saved"})


@api.delete("/api/users/<int:user_id>/avatar/")
@api_operation("Remove your picture", tag=TAG, answers={204: None}, errors=(403,))
def delete_avatar(user_id: int) -> Response:
    """Remove your own picture; initials are shown instead."""
    check_own(User.find(user_id).id)
    with write_as_current_user() as user:
        user.remove_avatar()
    return no_content()

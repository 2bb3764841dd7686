"""Accounts: list, create, read, change, delete, and their pictures."""

from collections.abc import Iterator
from typing import Annotated, Any

from flask import Response, request, stream_with_context, url_for
from pydantic import Field, StringConstraints
from sqlalchemy import select

from ls.accounts import sign_up as signup
from ls.blueprints.api import api
from ls.blueprints.api.operation import Input, adapter, answer, no_content, operation, read_json, validate
from ls.blueprints.api.schemas import IS_LINE, Detail, Name, UserShape, user_shape
from ls.db.extensions import db
from ls.db.transaction import write
from ls.exceptions import Forbidden, InvalidFields, NotAllowed
from ls.images.avatar import MAX_BYTES, PictureRefused, read_picture
from ls.models import Avatar, OneTimeCode, User
from ls.models.account import COLUMNS, Account
from ls.models.user import NOT_DELETED
from ls.web.current import me

AT_ONCE = 100  # people read at once for the list of all
AVATAR_FORM = {
    "type": "object",
    "required": ["avatar"],
    "properties": {"avatar": {"type": "string", "contentMediaType": "application/octet-stream"}},
}


class UserCreated(UserShape):
    """The new account; without a password also the link by which its owner sets one."""

    set_password_url: str | None


class NewUser(Input):
    """An account to make."""

    email: Annotated[str, StringConstraints(min_length=1, max_length=254)]
    username: Name | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    phone: Name | None = None
    password: Annotated[str, Field(description="Without one, the answer has a one-time link to set it.")] | None = (
        None
    )
    allow_newsletters: bool | None = None


Username = Annotated[str, StringConstraints(min_length=1, max_length=256, strip_whitespace=True), IS_LINE]


class UserPatch(Input):
    """What a person may change of her own account; an e-mail is refused."""

    username: Username | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    phone: Name | None = None
    allow_newsletters: bool | None = None


@api.get("/api/users/")
@operation("List people", tag="Users", answers={200: list[UserShape]})
def list_users() -> Response:
    """Active and deactivated people; no tombstones."""
    return Response(stream_with_context(_everybody()), mimetype="application/json")


def _everybody() -> Iterator[bytes]:
    """The list, piece by piece: it has no pages, and is never whole in memory."""
    team, last, before = me().team, 0, b"["
    living = select(*COLUMNS).where(User.status.in_(NOT_DELETED)).order_by(User.id).limit(AT_ONCE)
    while people := [Account._make(row) for row in db.session.execute(living.where(User.id > last))]:
        db.session.rollback()  # a slow reader must not hold a transaction open
        part = adapter(list[UserShape]).dump_json([user_shape(user, team) for user in people])
        yield before + part[1:-1]
        last, before = people[-1].id, b","
    yield b"[]" if before == b"[" else b"]"


@api.post("/api/users/")
@operation("Create an account", tag="Users", body=NewUser, answers={201: UserCreated}, errors=(400,))
def create_user(body: NewUser) -> Response:
    """Make an account; without a password it is usable by a one-time link."""
    given = body.given()
    profile = {name: given.get(name) for name in ("username", "first_name", "last_name", "phone")}
    candidate = signup.prepare(body.email, body.password, **profile)
    with write():
        user = signup.create_account(candidate, kind="user_created")
        user.allow_newsletters = body.allow_newsletters
        code = OneTimeCode.issue(user) if body.password is None else None
    url = code and url_for("auth.set_password", code=code, _external=True)
    created = {**user_shape(user, me().team), "set_password_url": url}
    return answer(UserCreated, created, 201)


@api.get("/api/users/<int:user_id>/")
@operation("Read an account", tag="Users", answers={200: UserShape}, errors=(404,))
def get_user(user_id: int) -> Response:
    """One account."""
    return answer(UserShape, user_shape(User.find(user_id), me().team))


@api.patch("/api/users/<int:user_id>/")
@operation(
    "Change your account",
    tag="Users",
    payload=UserPatch,
    answers={200: UserShape},
    errors=(400, 403, 404, 405, 413),
)
def update_user(user_id: int) -> Response:
    """Change one's own profile; nobody else's (CVE-2026-22033)."""
    user = User.find(user_id)
    change_own(read_json(), user)
    return answer(UserShape, user_shape(user, me().team))


def change_own(sent: Any, user: User) -> None:
    """Change the profile of the person who asks. Raises NotAllowed, Forbidden, InvalidFields, in this order."""
    if isinstance(sent, dict) and "email" in sent:
        raise NotAllowed("Updating the email field is not allowed.")
    if user.id != me().id:
        raise Forbidden("You do not have permission to perform this action.")
    body: UserPatch = validate(UserPatch, sent)
    given = body.given()
    profile: dict[str, Any] = {name: value.strip() for name, value in given.items() if isinstance(value, str)}
    signup.check_profile(profile)
    if "allow_newsletters" in given:
        profile["allow_newsletters"] = body.allow_newsletters
    with write():
        user.change_profile(**profile)


@api.delete("/api/users/<int:user_id>/")
@operation("Delete an account", tag="Users", answers={204: None}, errors=(404, 405, 409))
def delete_user(user_id: int) -> Response:
    """Leave a tombstone; oneself cannot be deleted."""
    with write():
        User.find(user_id).bury()
    return no_content()


@api.post("/api/users/<int:user_id>/avatar/")
@operation(
    "Save your picture", tag="Users", multipart=AVATAR_FORM, answers={200: Detail}, errors=(400, 403, 404)
)
def save_avatar(user_id: int) -> Response:
    """Keep the multipart file `avatar` as one's own picture."""
    user = _own(user_id)
    sent = request.files.get("avatar")
    if sent is None:
        raise InvalidFields({"avatar": ["Please include a picture."]})
    try:
        picture = read_picture(sent.stream.read(MAX_BYTES + 1))
    except PictureRefused as refused:
        raise InvalidFields({"avatar": [refused.message]}) from None
    with write():
        Avatar.keep(user, picture)
    return answer(Detail, {"detail": "avatar saved"})


@api.delete("/api/users/<int:user_id>/avatar/")
@operation("Remove your picture", tag="Users", answers={204: None}, errors=(403, 404))
def delete_avatar(user_id: int) -> Response:
    """Go back to initials."""
    user = _own(user_id)
    with write():
        Avatar.remove(user)
    return no_content()


def _own(user_id: int) -> User:
    user = User.find(user_id)
    if user.id != me().id:
        raise Forbidden("You do not have permission to perform this action.")
    return user



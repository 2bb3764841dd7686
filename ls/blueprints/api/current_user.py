"""The current user: account, API token, keyboard shortcuts."""

from typing import Annotated, Any, Self

from flask import Response
from flask_login import current_user
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from ls.accounts import notices
from ls.blueprints.api.blueprint import api
from ls.blueprints.api.operation import Input, Schema, api_operation, json_response, read_json
from ls.blueprints.api.schemas import UserSchema, user_schema
from ls.blueprints.api.users import UserPatch, change_own_profile
from ls.models import ApiToken
from ls.web.auth import write_as_current_user

TAG = "Current user"

# Every member has full rights; the names are those that Label Studio's clients look for.
PERMISSIONS = [
    f"{noun}.{verb}"
    for noun in ("organizations", "projects", "tasks", "annotations")
    for verb in ("create", "view", "change", "delete")
] + ["avatar.any", "organizations.invite"]


class WhoAmI(UserSchema):
    """The account and its permissions."""

    permissions: list[str] = PERMISSIONS


class Token(Schema):
    """An API token."""

    token: str


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("Only printable characters are allowed.")
    return text


PRINTABLE = AfterValidator(_printable)
Action = Annotated[str, StringConstraints(pattern=r"^[^\s:\x00-\x1f]{1,64}:[^\s:\x00-\x1f]{1,64}$")]


class Hotkey(Input):
    """A key; one that is not active may be null."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, StringConstraints(min_length=1, max_length=64), PRINTABLE] | None
    active: bool = True
    description: Annotated[str, StringConstraints(max_length=256), PRINTABLE] = ""

    @model_validator(mode="after")
    def _check_active(self) -> Self:
        if self.active and self.key is None:
            raise ValueError("An active hotkey needs a key.")
        return self


class HotkeysPatch(Input):
    """The shortcuts to store; they replace the present ones."""

    custom_hotkeys: Annotated[
        dict[Action, Hotkey],
        Field(max_length=200, description="By `section:action`.", json_schema_extra={"additionalProperties": False}),
    ]


class Hotkeys(Schema):
    """Keyboard shortcuts by `section:action`."""

    custom_hotkeys: dict[str, Any]


@api.get("/api/current-user", endpoint="get_current_user")
@api.get("/api/current-user/whoami")
@api_operation("Read your account", tag=TAG, answers={200: WhoAmI})
def whoami() -> Response:
    """Your account and its permissions."""
    return json_response(WhoAmI, user_schema(current_user, current_user.organization))


@api.patch("/api/current-user")
@api_operation("Change your profile", tag=TAG, payload=UserPatch, answers={200: WhoAmI}, errors=(405,))
def update_current_user() -> Response:
    """Change your own profile."""
    change_own_profile(current_user.id, read_json())
    return json_response(WhoAmI, user_schema(current_user, current_user.organization))


@api.get("/api/current-user/token")
@api_operation("Read your token", tag=TAG, answers={200: Token})
def get_token() -> Response:
    """Your own API token."""
    return json_response(Token, {"token": ApiToken.of(current_user)})


@api.post("/api/current-user/reset-token/")
@api_operation("Reset your token", tag=TAG, answers={201: Token})
def reset_token() -> Response:
    """A new API token; the old one stops working at once."""
    with write_as_current_user() as user:
        token = notices.reset_token(user)
    return json_response(Token, {"token": token}, 201)


@api.get("/api/current-user/hotkeys/")
@api_operation("Read your hotkeys", tag=TAG, answers={200: Hotkeys})
def get_hotkeys() -> Response:
    """Your own keyboard shortcuts."""
    return json_response(Hotkeys, current_user)


@api.patch("/api/current-user/hotkeys/")
@api_operation("Change your hotkeys", tag=TAG, body=HotkeysPatch, answers={200: Hotkeys})
def update_hotkeys(body: HotkeysPatch) -> Response:
    """Replace your own keyboard shortcuts."""
    sent = body.model_dump(exclude_unset=True)
    with write_as_current_user() as user:
        user.change_profile(**sent)
    return json_response(Hotkeys, sent)

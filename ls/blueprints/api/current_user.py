"""The person who asks: who she is, her token, her keyboard shortcuts."""

import re
from typing import Annotated, Any

from flask import Response
from pydantic import AfterValidator, WithJsonSchema
from typing_extensions import TypedDict

from ls.blueprints.api import api
from ls.blueprints.api.operation import Input, answer, operation, read_json
from ls.blueprints.api.schemas import UserShape, user_shape
from ls.blueprints.api.users import UserPatch, change_own
from ls.db.transaction import write
from ls.models import ApiToken, User
from ls.models.account import Account
from ls.web.current import me, member

# Every member has full rights; the names are those that the original's clients look for.
PERMISSIONS = [
    f"{noun}.{verb}"
    for noun in ("organizations", "projects", "tasks", "annotations")
    for verb in ("create", "view", "change", "delete")
] + ["avatar.any", "organizations.invite"]

HOTKEYS_AT_MOST = 200
HOTKEY_NAME = re.compile(r"[^\s:\x00-\x1f]{1,64}:[^\s:\x00-\x1f]{1,64}")
KEY_LENGTH = 64
DESCRIPTION_LENGTH = 256
HOTKEYS_SCHEMA = {
    "type": "object",
    "description": "Each `section:action` with its `key` and whether it is `active`.",
    "maxProperties": HOTKEYS_AT_MOST,
    "propertyNames": {"pattern": r"^[^\s:]{1,64}:[^\s:]{1,64}$"},
    "additionalProperties": {
        "type": "object",
        "required": ["key"],
        "properties": {
            "key": {"type": ["string", "null"], "minLength": 1, "maxLength": KEY_LENGTH},
            "active": {"type": "boolean"},
            "description": {"type": "string", "maxLength": DESCRIPTION_LENGTH},
        },
        "additionalProperties": False,
    },
}


class WhoAmI(UserShape):
    """The account and what it may do."""

    permissions: list[str]


class Token(TypedDict):
    """An API token."""

    token: str


class Hotkeys(TypedDict):
    """Keyboard shortcuts by `section:action`."""

    custom_hotkeys: dict[str, Any]


def check_hotkeys(hotkeys: dict[str, Any]) -> dict[str, Any]:
    """Are these shortcuts well formed, and not too many? Raises ValueError."""
    if len(hotkeys) > HOTKEYS_AT_MOST:
        raise ValueError(f"At most {HOTKEYS_AT_MOST} hotkeys are allowed.")
    for name, hotkey in hotkeys.items():
        if not HOTKEY_NAME.fullmatch(name):
            raise ValueError(f"Action key {name[:80]!r} must be in the format 'section:action'.")
        _check_hotkey(name, hotkey)
    return hotkeys


def _check_hotkey(name: str, hotkey: Any) -> None:
    if not isinstance(hotkey, dict) or "key" not in hotkey:
        raise ValueError(f"Configuration for '{name}' must be a dictionary with a 'key'.")
    unknown = set(hotkey) - {"key", "active", "description"}
    if unknown:
        raise ValueError(f"Configuration for '{name}' has an unknown field.")
    key, active = hotkey["key"], hotkey.get("active", True)
    if not isinstance(active, bool):
        raise ValueError(f"'active' for '{name}' must be a boolean.")
    if key is None and not active:
        return
    if not isinstance(key, str) or not 0 < len(key) <= KEY_LENGTH or not key.isprintable():
        raise ValueError(f"'key' for '{name}' must be a string of 1 to {KEY_LENGTH} characters.")
    description = hotkey.get("description", "")
    if not isinstance(description, str) or len(description) > DESCRIPTION_LENGTH or not description.isprintable():
        raise ValueError(f"'description' for '{name}' must be a string of at most 256 characters.")


class HotkeysPatch(Input):
    """The shortcuts to keep; they replace the present ones."""

    custom_hotkeys: Annotated[dict[str, Any], AfterValidator(check_hotkeys), WithJsonSchema(HOTKEYS_SCHEMA)]


@api.get("/api/current-user/whoami")
@operation("Who am I", tag="Current user", answers={200: WhoAmI})
def whoami() -> Response:
    """The account behind the credential, and what it may do."""
    return _told(me().account)


def _told(account: User | Account) -> Response:
    return answer(WhoAmI, {**user_shape(account, me().team), "permissions": PERMISSIONS})


@api.get("/api/current-user")
@operation("Read your account", tag="Current user", answers={200: WhoAmI})
def get_current_user() -> Response:
    """The account behind the credential."""
    return _told(me().account)


@api.patch("/api/current-user")
@operation(
    "Change your profile", tag="Current user", payload=UserPatch, answers={200: WhoAmI}, errors=(400, 405, 413)
)
def update_current_user() -> Response:
    """Change one's own profile."""
    user = member()
    change_own(read_json(), user)
    return _told(user)


@api.get("/api/current-user/token")
@operation("Read your token", tag="Current user", answers={200: Token})
def get_token() -> Response:
    """One's own API token."""
    return answer(Token, {"token": ApiToken.of(me())})


@api.post("/api/current-user/reset-token/")
@operation("Reset your token", tag="Current user", answers={201: Token})
def reset_token() -> Response:
    """A new API token; the old one is dead at once."""
    user = member()
    with write():
        token = ApiToken.reset(user)
    return answer(Token, {"token": token}, 201)


@api.get("/api/current-user/hotkeys/")
@operation("Read your hotkeys", tag="Current user", answers={200: Hotkeys})
def get_hotkeys() -> Response:
    """One's own keyboard shortcuts."""
    return answer(Hotkeys, {"custom_hotkeys": me().account.custom_hotkeys})


@api.patch("/api/current-user/hotkeys/")
@operation("Change your hotkeys", tag="Current user", body=HotkeysPatch, answers={200: Hotkeys}, errors=(400,))
def update_hotkeys(body: HotkeysPatch) -> Response:
    """Replace one's own keyboard shortcuts."""
    user = member()
    with write():
        user.change_profile(custom_hotkeys=body.custom_hotkeys)
    return answer(Hotkeys, {"custom_hotkeys": body.custom_hotkeys})

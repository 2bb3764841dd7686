"""JWT personal tokens beside the API token: a long-lived refresh token, exchanged for short access tokens."""

from datetime import datetime
from typing import Annotated

from flask import Response
from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from ls.accounts import jwt_tokens as personal_tokens
from ls.blueprints.api import api
from ls.blueprints.api.operation import Input, answer, no_content, operation
from ls.db.transaction import write
from ls.exceptions import Forbidden
from ls.models import Event, Organization
from ls.web.access import public
from ls.web.current import member

TAG = "Tokens"


class PersonalTokenShape(TypedDict):
    """A refresh token; in lists without its signature."""

    token: str
    created_at: datetime
    expires_at: datetime


class RefreshBody(Input):
    """A refresh token."""

    refresh: Annotated[str, StringConstraints(min_length=1, max_length=4096)]


class Access(TypedDict):
    """A short-lived access token."""

    access: str


class Refresh(TypedDict):
    """A new refresh token."""

    refresh: str


class JwtSettings(TypedDict):
    """Which credentials the organization accepts."""

    api_tokens_enabled: bool
    legacy_api_tokens_enabled: bool
    api_token_ttl_days: int


class JwtSettingsBody(Input):
    """New settings."""

    api_tokens_enabled: bool | None = None
    legacy_api_tokens_enabled: bool | None = None
    api_token_ttl_days: Annotated[int, Field(ge=1, le=200 * 365)] | None = None


@api.get("/api/token/")
@operation("List your personal tokens", tag=TAG, answers={200: list[PersonalTokenShape]})
def list_tokens() -> Response:
    """The living ones, without their signature."""
    rows = personal_tokens.living(member())
    return answer(
        list[PersonalTokenShape],
        [{"token": row.unsigned, "created_at": row.created_at, "expires_at": row.expires_at} for row in rows],
    )


@api.post("/api/token/")
@operation("Create a personal token", tag=TAG, answers={201: PersonalTokenShape}, errors=(403, 409))
def create_token() -> Response:
    """Shown once; one living token a person."""
    user = member()
    with write():
        if not Organization.lock().personal_tokens_enabled:
            raise Forbidden("Personal tokens are switched off for this organization.")
        row, token = personal_tokens.create(user)
        shape = {"token": token, "created_at": row.created_at, "expires_at": row.expires_at}
    return answer(PersonalTokenShape, shape, 201)


@api.post("/api/token/refresh/")
@public
@operation(
    "Get an access token", tag=TAG, body=RefreshBody, answers={200: Access}, errors=(400, 401), public=True
)
def refresh_token(body: RefreshBody) -> Response:
    """Exchange a refresh token; it is the credential, so nothing else is asked for."""
    return answer(Access, {"access": personal_tokens.access_for(body.refresh)})


@api.post("/api/token/rotate/")
@operation("Rotate a personal token", tag=TAG, body=RefreshBody, answers={200: Refresh}, errors=(400,))
def rotate_token(body: RefreshBody) -> Response:
    """A new refresh token for the old one, which is dead at once."""
    with write():
        Organization.lock()
        token = personal_tokens.rotate(member(), body.refresh)
    return answer(Refresh, {"refresh": token})


@api.post("/api/token/blacklist/")
@operation("Blacklist a personal token", tag=TAG, body=RefreshBody, answers={204: None}, errors=(400, 404))
def blacklist_token(body: RefreshBody) -> Response:
    """Kill a refresh token and its access tokens."""
    with write():
        Organization.lock()
        personal_tokens.blacklist(member(), body.refresh)
    return no_content()


def _settings(organization: Organization) -> JwtSettings:
    return {
        "api_tokens_enabled": organization.personal_tokens_enabled,
        "legacy_api_tokens_enabled": organization.api_tokens_enabled,
        "api_token_ttl_days": organization.personal_token_days,
    }


@api.get("/api/jwt/settings")
@operation("Read the token settings", tag=TAG, answers={200: JwtSettings})
def get_jwt_settings() -> Response:
    """Which credentials the organization accepts."""
    return answer(JwtSettings, _settings(Organization.get()))


@api.post("/api/jwt/settings")
@operation(
    "Change the token settings", tag=TAG, body=JwtSettingsBody, answers={200: JwtSettings}, errors=(400,)
)
def update_jwt_settings(body: JwtSettingsBody) -> Response:
    """Rule which credentials are accepted, for everybody, at once."""
    given = {name: value for name, value in body.given().items() if value is not None}
    columns = {
        "api_tokens_enabled": "personal_tokens_enabled",
        "legacy_api_tokens_enabled": "api_tokens_enabled",
        "api_token_ttl_days": "personal_token_days",
    }
    with write():
        organization = Organization.lock()
        if organization.change(**{columns[name]: value for name, value in given.items()}):
            Event.record("token_settings_changed", **given)
    return answer(JwtSettings, _settings(organization))

"""JWT personal tokens: a long-lived refresh token, which is exchanged for short-lived access tokens."""

from datetime import datetime
from typing import Annotated

from flask import Response
from flask_login import current_user
from pydantic import Field, StringConstraints

from ls.accounts import jwt_tokens, organization
from ls.blueprints.api.blueprint import api
from ls.blueprints.api.operation import Input, Schema, api_operation, json_response, no_content
from ls.blueprints.api.schemas import Single
from ls.web.auth import public, write_as_current_user

TAG = "Tokens"

Days = Annotated[int, Field(ge=1, le=200 * 365)]


class PersonalTokenSchema(Schema):
    """A refresh token; in lists without its signature."""

    token: str = Field(validation_alias="unsigned")
    created_at: datetime
    expires_at: datetime


class RefreshBody(Input):
    """A refresh token."""

    refresh: Annotated[str, StringConstraints(min_length=1, max_length=4096)]


class Access(Schema):
    """A short-lived access token."""

    access: str


class Refresh(Schema):
    """A new refresh token."""

    refresh: str


class JwtSettings(Schema):
    """Which credentials the organization accepts."""

    api_tokens_enabled: bool = Field(validation_alias="personal_tokens_enabled")
    legacy_api_tokens_enabled: bool = Field(validation_alias="api_tokens_enabled")
    api_token_ttl_days: int = Field(validation_alias="personal_token_days")


class JwtSettingsBody(Input):
    """New settings."""

    api_tokens_enabled: bool | None = Field(None, serialization_alias="personal_tokens_enabled")
    legacy_api_tokens_enabled: bool | None = Field(None, serialization_alias="api_tokens_enabled")
    api_token_ttl_days: Days | None = Field(None, serialization_alias="personal_token_days")


@api.get("/api/token/")
@api_operation("List your personal tokens", tag=TAG, query=Single, answers={200: list[PersonalTokenSchema]})
def list_tokens(query: Single) -> Response:  # noqa: ARG001  # see Single
    """Your valid refresh tokens, without their signature."""
    return json_response(list[PersonalTokenSchema], jwt_tokens.valid_tokens(current_user))


@api.post("/api/token/")
@api_operation("Create a personal token", tag=TAG, answers={201: PersonalTokenSchema}, errors=(403, 409))
def create_token() -> Response:
    """A refresh token, shown only once; a user has at most one that is valid."""
    with write_as_current_user(lock_organization=True) as user:
        row, token = jwt_tokens.create(user)
    created = PersonalTokenSchema.model_validate(row)
    created.token = token
    return json_response(PersonalTokenSchema, created, 201)


@api.post("/api/token/refresh/")
@public
@api_operation("Get an access token", tag=TAG, body=RefreshBody, answers={200: Access}, errors=(401,))
def refresh_token(body: RefreshBody) -> Response:
    """Exchange a refresh token for an access token; no other credential is needed."""
    return json_response(Access, {"access": jwt_tokens.access_token(body.refresh)})


@api.post("/api/token/rotate/")
@api_operation("Rotate a personal token", tag=TAG, body=RefreshBody, answers={200: Refresh})
def rotate_token(body: RefreshBody) -> Response:
    """A new refresh token for the old one, which stops working at once."""
    with write_as_current_user(lock_organization=True) as user:
        token = jwt_tokens.rotate(user, body.refresh)
    return json_response(Refresh, {"refresh": token})


@api.post("/api/token/blacklist/")
@api_operation("Blacklist a personal token", tag=TAG, body=RefreshBody, answers={204: None}, errors=(404,))
def blacklist_token(body: RefreshBody) -> Response:
    """End a refresh token and its access tokens."""
    with write_as_current_user(lock_organization=True) as user:
        jwt_tokens.blacklist(user, body.refresh)
    return no_content()


@api.get("/api/jwt/settings")
@api_operation("Read the token settings", tag=TAG, answers={200: JwtSettings})
def get_jwt_settings() -> Response:
    """Which credentials the organization accepts."""
    return json_response(JwtSettings, current_user.organization)


@api.post("/api/jwt/settings")
@api_operation("Change the token settings", tag=TAG, body=JwtSettingsBody, answers={200: JwtSettings})
def update_jwt_settings(body: JwtSettingsBody) -> Response:
    """Change which credentials are accepted, for all members at once."""
    with write_as_current_user(lock_organization=True) as user:
        organization.change_token_settings(user.organization, **body.model_dump(exclude_none=True, by_alias=True))
    return json_response(JwtSettings, current_user.organization)

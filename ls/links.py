"""Links that people pass on."""

from flask import current_app, request, url_for

from ls.models import Organization


def invite_path(organization: Organization) -> str:
    """The invite link's path, the prefix included."""
    return url_for("auth.signup", token=organization.invite_token)


def invite_url(organization: Organization) -> str:
    """The whole invite link: on the setting HOST where there is one, else as this request came."""
    host: str = current_app.config["HOST"]
    base = host.removesuffix(current_app.config["PREFIX"]) if host else request.host_url.rstrip("/")
    return base + invite_path(organization)

"""Which calls of the SDK the contract measures: found in the package, so that a new one is not overlooked."""

import inspect
from collections.abc import Iterator
from typing import Any

from label_studio_sdk import LabelStudio

WHOLE = ("users", "organizations", "organizations.invites", "tokens", "jwt_settings", "session_policy")
PARTS = {
    "organizations.members": {"get", "list", "delete"},
    "projects": {"list", "create", "get", "update", "delete"},
    "tasks": {"list", "create", "get", "update", "delete"},
    "annotations": {"list", "create", "get", "update", "delete"},
}
# Of the commercial edition, for features that this server lacks.
CANNOT = {
    "organizations.api_organizations_memberships_filter_options_membership_list": "there are no workspaces",
    "organizations.api_organizations_memberships_filter_options_skills_list": "nobody reports skills",
    "organizations.update_default_role": "there are no roles: every member has full rights",
}


def client_at(client: Any, path: str) -> Any:
    """The part of the client at a dotted path."""
    for name in path.split("."):
        client = getattr(client, name)
    return client


def _verbs(path: str) -> set[str]:
    part = type(client_at(LabelStudio(base_url="http://localhost", api_key="x"), path))
    return {name for name, _ in inspect.getmembers(part, inspect.isfunction) if not name.startswith("_")}


def measured() -> Iterator[str]:
    """Every measured call, as `users.create`."""
    for path in (*WHOLE, *PARTS):
        for verb in sorted(PARTS.get(path) or _verbs(path)):
            yield f"{path}.{verb}"

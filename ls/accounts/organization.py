"""What members change of the organization, each change with its event: name and contact, session policy, tokens."""

from typing import Any

from flask_babel import lazy_gettext as _l

from ls.accounts.emails import check_email
from ls.exceptions import InvalidFields, Text
from ls.models import Event, Organization
from ls.names import visible
from ls.validation import is_line

TITLE_LENGTH = 1000
TITLE_MISSING: Text = _l("Give the organization a name.")
TITLE_LONG: Text = _l("Use at most 1,000 characters.")
CONTROL: Text = _l("Leave out control characters.")


def change(organization: Organization, **values: str | None) -> None:
    """Set `title`, `contact_info`, or both; the same values leave no event. Raises InvalidFields."""
    _set(organization, checked(values), kind="organization_changed")


def change_session_policy(organization: Organization, **seconds: int | None) -> None:
    """Set `session_max_age`, `session_max_idle`, or both; None goes back to the server's settings."""
    _set(organization, seconds, kind="session_policy_changed")


def change_token_settings(organization: Organization, **values: bool | int) -> None:
    """Set which tokens are accepted, and how many days a personal token lives."""
    _set(organization, values, kind="token_settings_changed")


def checked(values: dict[str, Any]) -> dict[str, Any]:
    """The values as they are stored. Raises InvalidFields."""
    errors, stored = {}, dict(values)
    if "title" in values:
        stored["title"] = visible(values["title"])
        if problem := _title_problem(stored["title"]):
            errors["title"] = [problem]
    if "contact_info" in values:
        try:
            contact = visible(values["contact_info"] or "")
            stored["contact_info"] = check_email(contact)[0] if contact else None
        except InvalidFields as refused:
            errors["contact_info"] = refused.errors["email"]
    if errors:
        raise InvalidFields(errors)
    return stored


def _title_problem(title: str) -> Text | None:
    if not title:
        return TITLE_MISSING
    if len(title) > TITLE_LENGTH:
        return TITLE_LONG
    return None if is_line(title) else CONTROL


def _set(organization: Organization, values: dict[str, Any], *, kind: str) -> None:
    if changed := organization.set_values(**values):
        Event.record(kind, fields=sorted(changed), changes=changed)

"""The organization that moves in: title, contact, session policy and which tokens are accepted."""

from collections.abc import Mapping
from typing import Any

from ls.accounts.emails import check_email
from ls.accounts.organization import TITLE_LENGTH
from ls.exceptions import InvalidFields
from ls.label_studio.people import Account
from ls.label_studio.report import Report
from ls.label_studio.row import TRUE, Row, number
from ls.label_studio.source import Source
from ls.models import Organization
from ls.models.organization import DEFAULT_TITLE
from ls.models.user import ACTIVE, DEACTIVATED
from ls.names import visible

COLUMNS = (
    *("id", "title", "contact_info", "created_by_id", "created_at", "max_session_age", "max_time_between_activity"),
    *("api_tokens_enabled", "legacy_api_tokens_enabled", "api_token_ttl_days"),
)
MOST_MINUTES = 10 * 365 * 24 * 60
MOST_DAYS = 200 * 365


def fill(organization: Organization, source: Source, there: int, people: Mapping[int, Account], report: Report) -> None:
    """Give the organization here what that one had; its creator is the longest-standing member if theirs is gone."""
    row = Row("organization", _row(source, "organization", "id", there), report)
    active = sorted(user_id for user_id, account in people.items() if account.status == ACTIVE)
    creator = row.id("created_by_id")
    organization.title = report.organization = visible(row.line("title", TITLE_LENGTH)) or DEFAULT_TITLE
    organization.contact_info = _contact(row)
    organization.created_at = row.moment("created_at", organization.created_at)
    organization.created_by_id = creator if creator in active else active[0]
    organization.active_members = len(active)
    organization.deactivated_members = sum(account.status == DEACTIVATED for account in people.values())
    _fill_policy(organization, source, there)
    _fill_switches(organization, source, there)


def _row(source: Source, table: str, key: str, value: int) -> dict[str, Any]:
    """The row, or one in which everything is None."""
    if source.has(table, key):
        select = source.select(table, *dict.fromkeys((key, *COLUMNS)))
        for row in list(source.rows(select.where(source[table].c[key] == value))):
            return row
    return dict.fromkeys((key, *COLUMNS))


def _contact(row: Row) -> str | None:
    try:
        return check_email(row.raw("contact_info"))[0] if row.raw("contact_info") else None
    except InvalidFields:
        row.change("the contact is no email and was left out")
        return None


def _fill_policy(organization: Organization, source: Source, there: int) -> None:
    """Label Studio has minutes. Without a policy the server's settings hold."""
    row = _row(source, "session_policy_sessiontimeoutpolicy", "organization_id", there)
    age = number(row["max_session_age"], 1, MOST_MINUTES)
    idle = number(row["max_time_between_activity"], 1, MOST_MINUTES)
    organization.session_max_age = age and age * 60
    organization.session_max_idle = idle and idle * 60


def _fill_switches(organization: Organization, source: Source, there: int) -> None:
    """Without the table both kinds are accepted, as by the releases that had no switches."""
    row = _row(source, "jwt_auth_jwtsettings", "organization_id", there)
    if row["organization_id"] is not None:
        organization.personal_tokens_enabled = row["api_tokens_enabled"] in TRUE
        organization.api_tokens_enabled = row["legacy_api_tokens_enabled"] in TRUE
        days = number(row["api_token_ttl_days"], 1, MOST_DAYS)
        organization.personal_token_days = days or organization.personal_token_days

"""The forms of the organization page; the rules of name and contact stand below, where the API shares them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import StopValidation

from ls.models import Organization
from ls.web.forms import BaseForm
from ls.web.i18n import DAY, HOUR, MINUTE

UNITS = [
    SelectChoice(str(MINUTE), _l("minutes")),
    SelectChoice(str(HOUR), _l("hours")),
    SelectChoice(str(DAY), _l("days")),
]
MOST_YEARS, MOST_DAYS = 10, 200 * 365
NUMBER: Any = _l("Enter a whole number, at least 1.")
TOO_LONG: Any = _l("Use at most 10 years.")
DAYS: Any = _l("Enter a whole number from 1 to 73,000.")


def whole_number(most: int, message: Any) -> Callable[[Any, Any], None]:
    """The validator of a number from 1 on, with one message for whatever is wrong."""

    def check(_form: Any, field: Any) -> None:
        if field.data is None or not 1 <= field.data <= most:
            field.errors[:] = []
            raise StopValidation(message)

    return check


class NameForm(BaseForm):
    """How the organization is called, and whom to ask."""

    title = StringField(_l("Organization name"))
    contact_info = StringField(_l("Contact email"))


class PolicyForm(BaseForm):
    """The session policy: two numbers, each with its unit."""

    max_time_between_activity = IntegerField(_l("Log out without activity after"), [whole_number(10**9, NUMBER)])
    max_time_between_activity_unit = SelectField(_l("Unit"), choices=UNITS, default=str(MINUTE))
    max_session_age = IntegerField(_l("Log out at the latest after"), [whole_number(10**9, NUMBER)])
    max_session_age_unit = SelectField(_l("Unit"), choices=UNITS, default=str(MINUTE))

    @classmethod
    def of(cls, organization: Organization) -> "PolicyForm":
        """The form with the present limits, each in its largest unit."""
        idle, age = _parts(organization.max_idle), _parts(organization.max_session_age)
        values = {"max_time_between_activity": idle[0], "max_time_between_activity_unit": idle[1]}
        return cls(formdata=None, data={**values, "max_session_age": age[0], "max_session_age_unit": age[1]})

    def seconds(self, organization: Organization) -> dict[str, int] | None:
        """The limits that were changed, as they are stored; None if something is wrong, which the form then says."""
        if not self.validate():
            return None
        limits = {
            "session_max_idle": (self.max_time_between_activity, self.max_time_between_activity_unit),
            "session_max_age": (self.max_session_age, self.max_session_age_unit),
        }
        seconds = {column: (number.data or 0) * int(unit.data) for column, (number, unit) in limits.items()}
        for column, (number, _unit) in limits.items():
            if seconds[column] > MOST_YEARS * 365 * DAY:
                number.errors = [TOO_LONG]
        shown = {"session_max_idle": organization.max_idle, "session_max_age": organization.max_session_age}
        changed = {column: each for column, each in seconds.items() if each != _whole_minutes(shown[column])}
        return None if self.errors else changed


class TokenForm(BaseForm):
    """Which tokens are accepted."""

    api_tokens_enabled = BooleanField(_l("API tokens"))
    personal_tokens_enabled = BooleanField(_l("Personal tokens"))
    personal_token_days = IntegerField(_l("Days that a new personal token lives"), [whole_number(MOST_DAYS, DAYS)])


def _parts(limit: timedelta) -> tuple[int, str]:
    seconds = _whole_minutes(limit)
    unit = next(unit for unit in (DAY, HOUR, MINUTE) if seconds % unit == 0)
    return seconds // unit, str(unit)


def _whole_minutes(limit: timedelta) -> int:
    """In seconds; those of the settings are rounded up to minutes, as the API does."""
    return -(-limit // timedelta(minutes=1)) * MINUTE

"""The forms of Account & Settings; the rules stand below, where API and commands share them."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileRequired, MultipleFileField
from wtforms import PasswordField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import EqualTo, InputRequired, Length

from ls.accounts.sign_up import check_profile
from ls.exceptions import InvalidFields
from ls.names import visible
from ls.web.forms import BaseForm
from ls.web.i18n import LANGUAGES

APPEARANCES = [
    SelectChoice("auto", _l("Same as the device")),
    SelectChoice("light", _l("Light")),
    SelectChoice("dark", _l("Dark")),
]
LANGUAGE_CHOICES = [
    SelectChoice("", _l("Same as the browser")),
    *(SelectChoice(name, own_name) for name, own_name in LANGUAGES.items()),
]


def _visible(value: str | None) -> str:
    return visible(value or "")


def _language(value: str | None) -> str:
    """The language, however its tag is spelled: zh_Hans, zh-Hans, zh-hans."""
    wanted = (value or "").lower().replace("-", "_")
    return next((name for name in LANGUAGES if name.lower() == wanted), value or "")


class AccountForm(BaseForm):
    """Profile, language and appearance; a request may carry any of them."""

    first_name = StringField(_l("First name"), filters=[_visible])
    last_name = StringField(_l("Last name"), filters=[_visible])
    phone = StringField(_l("Phone"), filters=[_visible])
    language = SelectField(_l("Language"), choices=LANGUAGE_CHOICES, filters=[_language])
    appearance = RadioField(_l("Appearance"), choices=APPEARANCES)


def checked_values(form: AccountForm) -> dict[str, Any] | None:
    """The values that the request carries; None if something is wrong, which the form then says."""
    if not form.validate():
        return None
    sent = {field.short_name: field.data for field in form if field.raw_data and field.short_name != "csrf_token"}
    try:
        check_profile({name: value for name, value in sent.items() if name not in {"language", "appearance"}})
    except InvalidFields as refused:
        form.add_errors(refused)
        return None
    return {name: None if name == "language" and not value else value for name, value in sent.items()}


class PictureForm(BaseForm):
    """One picture file."""

    avatar = MultipleFileField(
        _l("Picture file"),
        [
            FileRequired(_l("Choose a picture first.")),
            Length(max=1, message=_l("Choose one picture only.")),
        ],
    )


class EmailForm(BaseForm):
    """A new email, and the current password."""

    email = StringField(_l("New email"), [InputRequired(_l("Enter your email address."))], id="new-email")
    current_password = PasswordField(
        _l("Current password"), [InputRequired(_l("Enter your current password."))], id="email-password"
    )


class PasswordForm(BaseForm):
    """The current password, and the new one twice."""

    current_password = PasswordField(_l("Current password"), [InputRequired(_l("Enter your current password."))])
    new_password = PasswordField(_l("New password"), [InputRequired(_l("Enter a new password."))])
    confirm_password = PasswordField(
        _l("New password again"),
        [
            InputRequired(_l("Enter the new password a second time.")),
            EqualTo("new_password", _l("The two passwords differ.")),
        ],
    )

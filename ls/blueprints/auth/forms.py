"""The forms of sign-up and login."""

from typing import Any

from flask_babel import lazy_gettext
from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from ls.web.forms import BaseForm, OnceForm


def _l(text: str) -> Any:
    """The text in the reader's language; typed for WTForms, which expects a str."""
    return lazy_gettext(text)


EXPIRED = _l("This page was open for too long. What you typed is still here: enter the password and send it again.")
EMAIL_MISSING = _l("Enter your email address.")
PASSWORD_MISSING = _l("Enter a password.")
AT_MOST_128 = _l("A password has at most 128 characters.")


class SignupForm(OnceForm):
    """A new account; the first one names the organization too."""

    expired = EXPIRED
    organization = StringField(_l("Organization"))
    first_name = StringField(_l("First name"))
    last_name = StringField(_l("Last name"))
    email = StringField(_l("Email"), [InputRequired(EMAIL_MISSING)])
    password = PasswordField(_l("Password"), [InputRequired(PASSWORD_MISSING)])


class LoginForm(BaseForm):
    """Credentials."""

    expired = EXPIRED
    email = StringField(_l("Email"), [InputRequired(EMAIL_MISSING)])
    password = PasswordField(_l("Password"), [InputRequired(PASSWORD_MISSING), Length(max=1024, message=AT_MOST_128)])
    persist_session = BooleanField(_l("Keep me logged in"))


class ForgotPasswordForm(BaseForm):
    """The email of the account."""

    email = StringField(_l("Email"), [InputRequired(EMAIL_MISSING)])


class SetPasswordForm(BaseForm):
    """A password that is set by a link."""

    expired = EXPIRED
    password = PasswordField(_l("Password"), [InputRequired(PASSWORD_MISSING)])

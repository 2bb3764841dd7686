"""What the forms of the door take; the rules stand below, where API and commands share them."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from ls.exceptions import InvalidFields, Text

EXPIRED = _l("This page was open for too long. What you typed is still here: enter the password and send it again.")
EMAIL_MISSING = _l("Enter your email address.")
PASSWORD_MISSING = _l("Enter a password.")
AT_MOST_128 = _l("A password has at most 128 characters.")


class DoorForm(FlaskForm):
    """A form whose expired page and failures are told above its fields."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]  # Flask-WTF ships no types
        self.problem: Text = None

    def check(self) -> bool:
        """Is the form well formed? An expired page is told as such, before anything else."""
        if self.validate():
            return True
        if "csrf_token" in self.errors:
            for field in self:
                field.errors = []
            self.problem = EXPIRED
        return False

    def refuse(self, refused: InvalidFields) -> None:
        """Put each message of a broken rule beside its field, or above them all."""
        for name, messages in refused.errors.items():
            if name in self:
                self[name].errors = [*self[name].errors, *messages]
            else:
                self.problem = messages[0]


class SignupForm(DoorForm):
    """A new account."""

    email = StringField(_l("Email"), [InputRequired(EMAIL_MISSING)])
    password = PasswordField(_l("Password"), [InputRequired(PASSWORD_MISSING)])


class LoginForm(DoorForm):
    """Credentials."""

    email = StringField(_l("Email"), [InputRequired(EMAIL_MISSING)])
    password = PasswordField(_l("Password"), [InputRequired(PASSWORD_MISSING), Length(max=1024, message=AT_MOST_128)])
    persist_session = BooleanField(_l("Keep me logged in"))


class SetPasswordForm(DoorForm):
    """The first password of an account that was made for somebody."""

    password = PasswordField(_l("Password"), [InputRequired(PASSWORD_MISSING)])


class LogoutForm(FlaskForm):
    """Only the token against forgery."""

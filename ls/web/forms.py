"""The base classes of forms; the rules of single fields stand below, where API and commands share them."""

import secrets

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField

from ls.accounts.rate_limit import FORM, Bucket
from ls.exceptions import InvalidFields, Text

EXPIRED = _l("This page was open for too long, so nothing was saved. What you typed is still here: send it again.")


class BaseForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A form that may have a message for the form as a whole, beside those of its fields."""

    expired: Text = EXPIRED
    _problem: Text = None

    @property
    def problem(self) -> Text:
        """What is wrong with the form as a whole, such as an expired CSRF token; None if nothing is."""
        return self.expired if "csrf_token" in self.errors else self._problem

    @problem.setter
    def problem(self, message: Text) -> None:
        self._problem = message

    def add_errors(self, refused: InvalidFields) -> None:
        """Put each message of a broken rule beside its field, or into `problem` where there is no such field."""
        for name, messages in refused.errors.items():
            if name in self:
                self[name].errors = [*self[name].errors, *messages]
            else:
                self.problem = messages[0]


class OnceForm(BaseForm):
    """A form that creates something: sent twice by a double click, it creates one."""

    form_key = HiddenField(default=lambda: secrets.token_urlsafe(16))

    def submission(self, *typed: str) -> list[Bucket]:
        """What `rate_limit.note` and `is_noted` know this form with these values by."""
        return [Bucket(FORM, "\0".join((str(self.form_key.data), *typed)))]

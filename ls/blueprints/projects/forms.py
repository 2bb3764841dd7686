"""What the project's form takes; its rules stand with the model, where API and commands share them."""

import secrets
from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, TextAreaField

from ls.exceptions import InvalidFields, Text
from ls.models.project import checked


def _l(text: str) -> Any:
    """The text in the language of whoever it is shown to; WTForms takes it for a str, as it behaves like one."""
    return lazy_gettext(text)


EXPIRED = _l("This page was open for too long, so nothing was saved. What you typed is still here: send it again.")


def _unix(value: str | None) -> str:
    # Browsers send CRLF for each line end, which would count twice against the limit.
    return (value or "").replace("\r\n", "\n").strip()


class ProjectForm(FlaskForm):
    """Title and description; an expired page is told in `problem`, not beside a field."""

    title = StringField(_l("Title"), filters=[_unix])
    description = TextAreaField(_l("Description"), filters=[_unix])
    form_key = HiddenField(default=lambda: secrets.token_urlsafe(16))

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]  # Flask-WTF ships no types
        self.problem: Text = None

    def check(self) -> bool:
        """May this be saved? If not, the reasons stand beside the fields."""
        if not self.validate():
            self.problem = EXPIRED if "csrf_token" in self.errors else None
            return False
        try:
            checked(self.values)
        except InvalidFields as refused:
            for name, messages in refused.errors.items():
                self[name].errors = [*self[name].errors, *messages]
        return not self.errors

    @property
    def values(self) -> dict[str, str]:
        """What was typed, by the names of the project's fields."""
        return {"title": str(self.title.data), "description": str(self.description.data)}

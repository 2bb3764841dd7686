"""The forms of a project; their rules stand below, where API and commands share them."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import EmailField, StringField, TextAreaField

from ls.web.forms import BaseForm, OnceForm


def _unix_lines(value: str | None) -> str:
    # Browsers send CRLF for each line end, which would count twice against the limit.
    return (value or "").replace("\r\n", "\n").strip()


class ProjectForm(OnceForm):
    """Title and description."""

    title = StringField(_l("Title"), filters=[_unix_lines])
    description = TextAreaField(_l("Description"), filters=[_unix_lines])


class ImportForm(BaseForm):
    """A file of tasks, and who the authors are that it gives by number alone."""

    file = FileField(_l("JSON file of tasks"), [FileRequired(_l("Choose a file first."))])
    people = FileField(_l("Who they are: CSV file"))
    author = EmailField(_l("Or one member for all: email"))

"""The form of a project; its rules stand with the model, where API and commands share them."""

from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField

from ls.web.forms import OnceForm


def _unix_lines(value: str | None) -> str:
    # Browsers send CRLF for each line end, which would count twice against the limit.
    return (value or "").replace("\r\n", "\n").strip()


class ProjectForm(OnceForm):
    """Title and description."""

    title = StringField(_l("Title"), filters=[_unix_lines])
    description = TextAreaField(_l("Description"), filters=[_unix_lines])

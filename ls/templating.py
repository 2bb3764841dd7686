"""What every template may use."""

from typing import Any

from flask import Flask
from jinja2 import StrictUndefined

from ls.current import visitor
from ls.formats import locale_name
from ls.languages import HTML_LANG, LANGUAGES


def init_app(app: Flask) -> None:
    """Set Jinja up: an unknown name is a defect, not an empty string."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.context_processor(frame)


def frame() -> dict[str, Any]:
    """The language and appearance of the page at hand."""
    locale = locale_name()
    user = visitor()
    return {
        "locale": locale,
        "html_lang": HTML_LANG[locale],
        "languages": LANGUAGES,
        "appearance": user.appearance if user else "auto",
    }

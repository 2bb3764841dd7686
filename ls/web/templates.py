"""What every template may use."""

from collections.abc import Hashable, Mapping
from typing import Any

from flask import Flask
from jinja2 import StrictUndefined
from markupsafe import Markup

from ls.web.current import visitor
from ls.web.frame import part
from ls.web.languages import HTML_LANG, locale_name


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
        "appearance": user.appearance if user else "auto",
    }


def page(template: str, slots: Mapping[str, Any], **values: Hashable) -> Markup:
    """A whole page that is a part: its frame is rendered once as well."""
    return part(template, slots, is_kept=True, **frame(), **values)

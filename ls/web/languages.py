"""Which language a page speaks: the account's, else the visitor's choice, else the browser's."""

from functools import lru_cache
from typing import Any

from babel import Locale
from flask import Flask, current_app, g, has_request_context, request, session
from flask_babel import get_translations
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from ls.db.extensions import babel
from ls.web.current import visitor

LANGUAGES = {"en": "English", "zh_Hans": "简体中文"}
LOCALES = {name: Locale.parse(name) for name in LANGUAGES}
HTML_LANG = {"en": "en", "zh_Hans": "zh-Hans"}
_ACCEPTED = {"en": "en", "zh-hans": "zh_Hans", "zh-cn": "zh_Hans", "zh-sg": "zh_Hans", "zh": "zh_Hans"}


def init_app(app: Flask) -> None:
    """Choose the language per request."""
    app.config["BABEL_DEFAULT_LOCALE"] = app.config["LANGUAGE"]
    babel.init_app(
        app, locale_selector=lambda: LOCALES[locale_name()], default_translation_directories="ls/translations"
    )
    # Flask-Babel looks the catalogue up for each string; a page has dozens.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # Jinja's i18n extension adds it
        gettext=lambda text: _catalogue().ugettext(text),
        ngettext=lambda one, many, number: _catalogue().ungettext(one, many, number),
        newstyle=True,
    )


def _catalogue() -> Any:
    """The catalogue of the request's language, looked up once."""
    if "catalogue" not in g:
        g.catalogue = get_translations()
    return g.catalogue


def locale_name() -> str:
    """The language of the page at hand, `en` or `zh_Hans`; chosen once."""
    if "locale_name" not in g:
        g.locale_name = _chosen()
    found: str = g.locale_name
    return found


def _chosen() -> str:
    """The API and the command line speak English: scripts read them."""
    if not has_request_context() or request.path.startswith("/api/"):
        return "en"
    user = visitor()
    if user is not None and user.language in LANGUAGES:
        return str(user.language)
    if session.get("language") in LANGUAGES:
        return str(session["language"])
    return _preferred(request.headers.get("Accept-Language", "")) or str(current_app.config["LANGUAGE"])


@lru_cache(maxsize=256)
def _preferred(accept_language: str) -> str | None:
    """The first language of the browser's that is offered."""
    found = parse_accept_header(accept_language, LanguageAccept).best_match(list(_ACCEPTED))
    return _ACCEPTED[found] if found else None

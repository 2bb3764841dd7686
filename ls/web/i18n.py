"""Languages: which one a page is in, and times, dates and numbers as its readers write them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.numbers import format_compact_decimal, format_decimal
from flask import Flask, current_app, has_request_context, request, session
from flask_babel import force_locale, get_locale, get_translations
from flask_login import current_user
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from ls.db.extensions import babel
from ls.db.types import iso, utcnow

LANGUAGES = {"en": "English", "zh_Hans": "简体中文"}
LOCALES = {name: Locale.parse(name) for name in LANGUAGES}
DATE_LOCALES = {"en": Locale.parse("en_GB"), "zh_Hans": LOCALES["zh_Hans"]}  # as app.js has them
HTML_LANG = {"en": "en", "zh_Hans": "zh-Hans"}
_ACCEPTED = {"en": "en", "zh-hans": "zh_Hans", "zh-cn": "zh_Hans", "zh-sg": "zh_Hans", "zh": "zh_Hans"}

MINUTE, HOUR, DAY = 60, 3600, 86400
LONG_AGO = timedelta(days=30)
UNITS: Any = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second"))


def init_app(app: Flask) -> None:
    """Choose the language per request, and offer the filters to templates."""
    app.config["BABEL_DEFAULT_LOCALE"] = app.config["LANGUAGE"]
    babel.init_app(app, locale_selector=select_locale, default_translation_directories="ls/translations")
    app.jinja_env.globals.update(_=translate, get_locale=get_locale, html_lang=HTML_LANG)
    for template_filter in (time_ago, time_day, time_exact, full_day, exact, duration, number, compact):
        app.add_template_filter(at_render_time(template_filter), template_filter.__name__)


def at_render_time(function: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, never computed when a template is compiled: a constant would keep the language of that request."""

    @pass_context
    def apply(_context: Context, *arguments: Any) -> Any:
        return function(*arguments)

    return apply


def select_locale() -> Locale:
    """The account's language, else that of the request. The API and commands speak English: scripts read them."""
    if not has_request_context() or request.path.startswith("/api/"):
        return LOCALES["en"]
    if current_user.is_authenticated and current_user.language in LANGUAGES:
        return LOCALES[current_user.language]
    return locale_of_request()


def locale_of_request() -> Locale:
    """The language chosen on the login page, else the browser's, else that of the settings."""
    if session.get("language") in LANGUAGES:
        return LOCALES[session["language"]]
    return LOCALES[_preferred(request.headers.get("Accept-Language", "")) or current_app.config["LANGUAGE"]]


@lru_cache(maxsize=256)
def _preferred(accept_language: str) -> str | None:
    found = parse_accept_header(accept_language, LanguageAccept).best_match(list(_ACCEPTED))
    return _ACCEPTED[found] if found else None


def translate(message: str, **values: Any) -> Markup:
    """The message in the language of the page, for templates.

    Jinja's and Flask-Babel's own function takes three times as long, which a page with dozens of messages shows.
    """
    text = Markup(_catalogue(get_locale()).ugettext(message))  # noqa: S704  # messages are part of the program
    return text % values if values else text


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(locale: Locale) -> Any:
    with force_locale(locale):
        return get_translations()


def time_ago(moment: datetime | None, locale: Locale | None = None) -> Markup:
    """A `<time>` that says how long ago, and exactly when in its title; `Never` for None.

    app.js writes days and titles anew, in the reader's time zone. The template of a list passes the locale,
    which is the same for every row.
    """
    locale = locale or get_locale()
    if moment is None:
        return _never(locale)
    is_day = utcnow() - moment >= LONG_AGO
    return _time(moment, day(moment, locale) if is_day else ago(moment, locale), locale, "day" if is_day else "ago")


@lru_cache(maxsize=len(LANGUAGES))
def _never(locale: Locale) -> Markup:
    return Markup('<span class="muted">%s</span>') % ago(None, locale)


def time_day(moment: datetime, locale: Locale | None = None) -> Markup:
    """A `<time>` that says the day, and exactly when in its title."""
    locale = locale or get_locale()
    return _time(moment, day(moment, locale), locale, "day")


def time_exact(moment: datetime, locale: Locale | None = None) -> Markup:
    """A `<time>` that says day, hour and minute."""
    locale = locale or get_locale()
    return _time(moment, exact(moment, locale), locale, "exact")


@lru_cache(maxsize=4096)
def _time(moment: datetime, text: str, locale: Locale, form: str) -> Markup:
    mark = "" if form == "ago" else f" data-{form}"
    shown = f'<time datetime="{iso(moment)}" title="{exact(moment, locale)}"{mark}>{text}</time>'
    return Markup(shown)  # noqa: S704  # dates have nothing to escape


def ago(moment: datetime | None, locale: Locale | None = None) -> str:
    """How long ago: `2 minutes ago`, after a month the date; `Never` for None."""
    locale = locale or get_locale()
    if moment is None:
        return str(_catalogue(locale).ugettext("Never"))
    passed = utcnow() - moment
    if passed.total_seconds() < MINUTE:
        return str(_catalogue(locale).ugettext("Just now"))
    if passed >= LONG_AGO:
        return day(moment, locale)
    seconds = int(passed.total_seconds())
    unit = DAY if seconds >= DAY else HOUR if seconds >= HOUR else MINUTE
    return _ago(seconds // unit * unit, locale)


@lru_cache(maxsize=1024)
def _ago(seconds: int, locale: Locale) -> str:
    return format_timedelta(-seconds, add_direction=True, threshold=1, locale=locale)


def exact(moment: datetime, locale: Locale | None = None) -> str:
    """The time to the minute, in UTC, which it says."""
    return f"{day(moment, locale)} {moment.astimezone(UTC):%H:%M} UTC"


def day(moment: datetime, locale: Locale | None = None) -> str:
    """The day, such as `3 May 2026`."""
    return _day(moment.astimezone(UTC).date(), locale or get_locale())


@lru_cache(maxsize=4096)
def _day(value: date, locale: Locale) -> str:
    return format_date(value, "medium", locale=DATE_LOCALES[str(locale)])


def full_day(value: date, locale: Locale | None = None) -> str:
    """The day with that of the week, such as `Sunday, 3 May 2026`."""
    locale = locale or get_locale()
    return format_date(value, "full", locale=DATE_LOCALES[str(locale)])


def duration(seconds: int, locale: Locale | None = None) -> str:
    """So many seconds in the largest unit that has no rest: `3 days`."""
    unit = next(unit for size, unit in UNITS if seconds % size == 0)
    return format_timedelta(seconds, granularity=unit, threshold=seconds + 1, locale=locale or get_locale())


def number(value: int, locale: Locale | None = None) -> str:
    """A count with the separators of the reader's language."""
    return _number(value, locale or get_locale())


@lru_cache(maxsize=4096)
def _number(value: int, locale: Locale) -> str:
    return format_decimal(value, locale=locale)


def compact(value: int, locale: Locale | None = None) -> str:
    """A count for a narrow place: above 9,999 rounded, such as `12K`."""
    return number(value, locale) if value < 10_000 else _compact(value, locale or get_locale())


@lru_cache(maxsize=1024)
def _compact(value: int, locale: Locale) -> str:
    return format_compact_decimal(value, locale=locale)

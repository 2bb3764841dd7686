"""Moments, days and numbers in the reader's language, quick enough for long lists."""

from datetime import UTC, date, datetime
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from flask import Flask
from flask_babel import gettext

from ls.db.types import iso, utcnow
from ls.web.languages import locale_name

STEPS = ((60, "minute"), (3600, "hour"), (86400, "day"))
LONG_AGO = 30 * 86400


def init_app(app: Flask) -> None:
    """Offer the filters to templates."""
    app.add_template_filter(ago)
    app.add_template_filter(exact)
    app.add_template_filter(day)
    app.add_template_filter(iso)
    app.add_template_filter(number)


def ago(moment: datetime | None) -> str:
    """How long ago: `2 minutes ago`, after a month the date; `Never` is said."""
    if moment is None:
        return str(gettext("Never"))
    seconds = distance(moment, utcnow())
    if seconds == 0:
        return str(gettext("Just now"))
    return day(moment) if seconds == LONG_AGO else _ago(locale_name(), seconds)


def distance(moment: datetime, present: datetime) -> int:
    """Seconds between, rounded to what `ago` says: as long as it stays, so does the text."""
    seconds = int((present - moment).total_seconds())
    if seconds < STEPS[0][0]:
        return 0
    if seconds >= LONG_AGO:
        return LONG_AGO
    unit = max(size for size, _ in STEPS if seconds >= size)
    return seconds // unit * unit


@lru_cache(maxsize=1024)
def _ago(locale: str, seconds: int) -> str:
    return format_timedelta(-seconds, add_direction=True, threshold=1, locale=locale)


def exact(moment: datetime | None) -> str:
    """The moment to the minute, in UTC, which it says."""
    if moment is None:
        return ""
    return _exact(locale_name(), moment.astimezone(UTC).replace(second=0, microsecond=0))


@lru_cache(maxsize=4096)
def _exact(locale: str, moment: datetime) -> str:
    return f"{format_datetime(moment, 'medium', tzinfo=UTC, locale=locale)} UTC"


def day(moment: datetime | date | None) -> str:
    """The day, such as `3 May 2026`."""
    if moment is None:
        return ""
    return _day(locale_name(), moment.date() if isinstance(moment, datetime) else moment)


@lru_cache(maxsize=4096)
def _day(locale: str, value: date) -> str:
    pattern = "d MMM y" if locale.startswith("en") else "long"
    return format_date(value, pattern, locale=locale)


def number(value: int) -> str:
    """A count with the reader's separators."""
    return _number(locale_name(), value)


@lru_cache(maxsize=4096)
def _number(locale: str, value: int) -> str:
    return format_decimal(value, locale=Locale.parse(locale))

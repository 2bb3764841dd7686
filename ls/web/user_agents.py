"""A short name for the device behind a User-Agent header; unknown ones are not guessed."""

import re
from functools import lru_cache

from babel import Locale
from flask_babel import get_locale
from flask_babel import gettext as _

# The first match counts: later browsers also send the names of earlier ones.
BROWSERS = (
    (("Edg/", "EdgA/", "EdgiOS/", "Edge/"), "Edge"),
    (("OPR/", "OPiOS/"), "Opera"),
    (("Vivaldi/",), "Vivaldi"),
    (("SamsungBrowser/",), "Samsung Internet"),
    (("Firefox/", "FxiOS/"), "Firefox"),
    (("HeadlessChrome/", "Chrome/", "CriOS/"), "Chrome"),
    (("Safari/",), "Safari"),
)
SYSTEMS = (
    (("iPhone", "iPod"), "iPhone"),
    (("iPad",), "iPad"),
    (("Android",), "Android"),
    (("CrOS",), "ChromeOS"),
    (("Windows",), "Windows"),
    (("Macintosh", "Mac OS X"), "macOS"),
    (("Linux", "X11"), "Linux"),
)
_PRODUCT = re.compile(r"[A-Za-z0-9][\w.+-]{0,39}", re.ASCII)  # a script's library; no letter turns the text round


def device(agent: str, locale: Locale | None = None) -> str:
    """The name, such as `Firefox on Windows`; the template of a list passes the locale of the page."""
    return _device(agent, locale or get_locale())


@lru_cache(maxsize=1024)
def _device(agent: str, _locale: Locale) -> str:
    browser, system = _first(BROWSERS, agent), _first(SYSTEMS, agent)
    if browser and system:
        return str(_("%(browser)s on %(system)s", browser=browser, system=system))
    product = _PRODUCT.match(agent)
    if browser or system or product is None or product[0] == "Mozilla":
        return browser or system or str(_("Unknown device"))
    return str(_("API (%(product)s)", product=product[0]))


def _first(table: tuple[tuple[tuple[str, ...], str], ...], agent: str) -> str | None:
    return next((name for marks, name in table if any(mark in agent for mark in marks)), None)

"""A short name for the device behind a User-Agent header; unknown ones are not guessed."""

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
    (("curl/",), "curl"),
    (("python-requests/", "Python-urllib/", "python-httpx/"), "Python"),
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


def device(agent: str, locale: Locale | None = None) -> str:
    """The name, such as `Firefox on Windows`; the template of a list passes the locale of the page."""
    return _device(agent, locale or get_locale())


@lru_cache(maxsize=1024)
def _device(agent: str, _locale: Locale) -> str:
    browser, system = _first(BROWSERS, agent), _first(SYSTEMS, agent)
    if browser and system:
        return str(_("%(browser)s on %(system)s", browser=browser, system=system))
    return browser or system or str(_("Unknown device"))


def _first(table: tuple[tuple[tuple[str, ...], str], ...], agent: str) -> str | None:
    return next((name for marks, name in table if any(mark in agent for mark in marks)), None)

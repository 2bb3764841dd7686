"""A short human name for the device behind a User-Agent; what it does not know it does not guess."""

from flask_babel import gettext as _

# The first that matches names it: later browsers carry the names of earlier ones to be let in.
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


def device(agent: str) -> str:
    """For example `Firefox on Windows`, in the reader's language."""
    browser, system = _first(BROWSERS, agent), _first(SYSTEMS, agent)
    if browser and system:
        return str(_("%(browser)s on %(system)s", browser=browser, system=system))
    return browser or system or str(_("Unknown device"))


def _first(table: tuple[tuple[tuple[str, ...], str], ...], agent: str) -> str | None:
    return next((name for marks, name in table if any(mark in agent for mark in marks)), None)

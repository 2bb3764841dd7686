"""Writes that another site's page had a browser send, told by the headers that no page can forge.

The CSRF token alone refuses them as well. This stands beside it because a token may leak, and because it
can say what is wrong where a proxy and the settings disagree about the server's address.
"""

from urllib.parse import urlsplit

from flask import current_app, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError

from ls.config.parsers import shown

PORTS = {"http": 80, "https": 443}


class CrossOrigin(CSRFError):
    """A page of another site sent this."""


def check() -> None:
    """Did a page of this site send the request, as far as one can know? Raises CrossOrigin."""
    seen = request.headers.get("Origin") or request.headers.get("Referer")
    if seen is not None and not _is_ours(seen):
        expected = request.host_url.rstrip("/")
        raise CrossOrigin(
            _(
                "Nothing was saved: this was sent by a page of %(seen)s, but this server is %(expected)s. "
                "If %(seen)s is the address people use, set LABEL_STUDIO_HOST to it; "
                "behind a proxy, name that in LABEL_STUDIO_TRUSTED_PROXIES.",
                seen=shown("/".join(seen.split("/", 3)[:3])),
                expected=expected,
            )
        )


def _is_ours(seen: str) -> bool:
    page, here = _parsed(seen), _parsed(request.host_url)
    if current_app.config["HOST"]:
        return page == here
    # Plain local use: a proxy that nobody named may have changed scheme, port and even host.
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    return page is not None and here is not None and page[1] == here[1]


def _parsed(url: str) -> tuple[str, str | None, int | None] | None:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None

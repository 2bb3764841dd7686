"""CSRF: the token of Flask-WTF, and the headers that tell which site's page sent a write.

The token alone refuses other sites. The headers are checked as well because a token may leak, and because
they tell what is wrong where a proxy and the settings disagree about the server's address.
"""

from urllib.parse import unquote_to_bytes, urlsplit

from flask import current_app, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError

from ls.config.parsers import shown
from ls.db.extensions import csrf
from ls.exceptions import BrokenText

PORTS = {"http": 80, "https": 443}


class CrossOrigin(CSRFError):  # type: ignore[misc]  # Flask-WTF ships no types
    """A page of another site sent this."""


def check_csrf(*, form_checks_it: bool) -> None:
    """Check origin and token of a write. Raises CrossOrigin, and CSRFError unless the form reports it itself."""
    check_origin()
    check_text()
    try:
        csrf.protect()
    except CSRFError:
        if not form_checks_it:
            raise


def check_origin() -> None:
    """Check that a page of this site sent the request, as far as its headers tell. Raises CrossOrigin."""
    seen = request.headers.get("Origin") or request.headers.get("Referer")
    if seen is not None and not _is_this_site(seen):
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


def check_text() -> None:
    """Check that a form is UTF-8, of which Werkzeug would store the rest as other signs. Raises BrokenText."""
    if request.mimetype == "application/x-www-form-urlencoded":
        if (request.content_length or 0) <= (request.max_form_memory_size or 0):  # the form's parser refuses more
            _check_utf8(unquote_to_bytes(request.get_data()))
    elif any("\ufffd" in text for pair in request.form.items(multi=True) for text in pair):
        raise BrokenText


def _check_utf8(text: bytes) -> None:
    try:
        text.decode()
    except UnicodeDecodeError:
        raise BrokenText from None


def _is_this_site(seen: str) -> bool:
    page, here = _parsed(seen), _parsed(request.host_url)
    if current_app.config["HOST"]:
        return page == here
    # Plain local use: a proxy that the settings do not name may have changed scheme, port and even host.
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    return page is not None and here is not None and page[1] == here[1]


def _parsed(url: str) -> tuple[str, str | None, int | None] | None:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None

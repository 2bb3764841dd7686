"""What every response gets: session cookie, security headers, gzip for texts. What a view set itself stays."""

import gzip
import secrets
from datetime import UTC, datetime
from io import BytesIO

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import current_user

from ls.web.static import IMMUTABLE, is_current_version

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers send "Origin: null" with forms of this site
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
HTTPS_HEADER = ("Strict-Transport-Security", "max-age=31536000")

SMALLEST = 1024  # bytes below which gzip gains nothing
LEVEL = 5
TEXT_TYPES = frozenset(
    {
        *("text/html", "text/css", "text/plain", "text/csv", "text/javascript"),
        *("application/javascript", "application/json", "image/svg+xml"),
    }
)
NEVER_COMPRESSED = frozenset({204, 206, 304})


def init_app(app: Flask) -> None:
    """Complete every response. Call it before anything else hooks into responses: the first one runs last."""
    app.session_interface = CookieSessions()
    app.after_request(complete)


class CookieSessions(SecureCookieSessionInterface):
    """Flask's cookie sessions; a cookie that is to be kept expires with the longest life of a login."""

    def get_expiration_time(self, app: Flask, session: SessionMixin) -> datetime | None:
        """When the browser may forget the cookie; None: when it is closed."""
        if not session.permanent:
            return None
        known = current_user.is_authenticated and current_user.organization
        return datetime.now(UTC) + (known.max_session_age if known else app.permanent_session_lifetime)


def complete(response: Response) -> Response:
    """Add the headers that are missing, and compress."""
    if request.endpoint == "static":
        _cache_static_file(response)
    present = {name.lower() for name, _value in response.headers}
    response.headers.extend((name, value) for name, value in SECURITY_HEADERS.items() if name.lower() not in present)
    if request.is_secure:
        response.headers.setdefault(*HTTPS_HEADER)
    if "*" not in response.vary:
        response.vary.add("HX-Request-Type")
    compress(response)
    return response


def _cache_static_file(response: Response) -> None:
    filename = (request.view_args or {}).get("filename", "")
    is_named = response.status_code in {200, 304} and is_current_version(filename, request.args.get("v"))
    if response.status_code < 400:
        response.headers["Cache-Control"] = IMMUTABLE if is_named else "no-cache"


def compress(response: Response) -> None:
    """Compress a text of some length, if the browser takes gzip."""
    if not _is_compressible(response):
        return
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings["gzip"]:
        return
    data = response.get_data()
    # A static file holds no secret, and is the same each time.
    response.set_data(gzip.compress(data, LEVEL, mtime=0) if request.endpoint == "static" else gzip_padded(data))
    response.headers["Content-Encoding"] = "gzip"
    etag, is_weak = response.get_etag()
    if etag and not is_weak:
        response.set_etag(etag, weak=True)


def _is_compressible(response: Response) -> bool:
    if (
        response.mimetype not in TEXT_TYPES
        or response.status_code < 200
        or response.status_code in NEVER_COMPRESSED
        or "Content-Encoding" in response.headers
    ):
        return False
    if request.endpoint == "static":
        response.direct_passthrough = False
        response.make_sequence()  # the file's content, to be compressed
    return not response.is_streamed and len(response.get_data()) >= SMALLEST


def gzip_padded(data: bytes) -> bytes:
    """Gzip with a file name of random length in its header.

    A page holds secrets beside what a visitor typed; without the noise its compressed length would
    tell, guess by guess, what they have in common (BREACH, CVE-2013-3587).
    """
    buffer = BytesIO()
    name = "a" * (1 + secrets.randbelow(100))
    with gzip.GzipFile(name, "wb", LEVEL, buffer, mtime=0) as file:
        file.write(data)
    return buffer.getvalue()

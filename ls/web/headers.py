"""The security headers of every answer, also of those made outside Flask; a view's own value stands."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
DEFAULTS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),  # with no-referrer, browsers send "Origin: null" with our own forms
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Cache-Control", "no-store"),
)
HTTPS_DEFAULTS = (*DEFAULTS, ("Strict-Transport-Security", "max-age=31536000"))
VARY = "HX-Request-Type"

_LOWERED = tuple((name.lower(), (name, value)) for name, value in DEFAULTS)
_LOWERED_HTTPS = tuple((name.lower(), (name, value)) for name, value in HTTPS_DEFAULTS)


class Headers:
    """WSGI middleware that adds what an answer lacks; it stands outermost."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Pass the request on and complete the answer's headers."""

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[..., object]:
            # Read now: the proxy middleware inside settles the scheme.
            complete(headers, is_https=environ["wsgi.url_scheme"] == "https")
            return start_response(status, headers, exc_info)

        return self._app(environ, start)


def init_app(app: Flask) -> None:
    """Wrap the application, after every other middleware has been put around it."""
    app.wsgi_app = Headers(app.wsgi_app)  # type: ignore[method-assign]  # the documented way to add middleware


def complete(headers: list[tuple[str, str]], *, is_https: bool) -> None:
    """Add to `headers`, in place, what is missing."""
    names = [name.lower() for name, _ in headers]
    headers.extend(pair for name, pair in (_LOWERED_HTTPS if is_https else _LOWERED) if name not in names)
    if "vary" not in names:
        headers.append(("Vary", VARY))
        return
    place = names.index("vary")
    name, value = headers[place]
    if value.strip() != "*" and VARY.lower() not in value.lower():
        headers[place] = (name, f"{value}, {VARY}")

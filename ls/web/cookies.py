"""The signed session cookie and the form token in it: a signature that was checked once is not checked anew.

Both are itsdangerous' work, through Flask and Flask-WTF; kept is only what came of it, by the whole cookie.
A cookie has no age of its own: the login whose id it carries is what ends, as the session policy says.
"""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from flask import Flask, Request, current_app, g, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature, URLSafeTimedSerializer

KEPT = 4096  # cookies and tokens, under a kilobyte each
RAW = "csrf_token"  # where Flask-WTF keeps the token's secret part in the session


class Cookies(SecureCookieSessionInterface):
    """Flask's cookie sessions, with what is the same for every request made once."""

    def __init__(self) -> None:
        self._signing: tuple[Any, URLSafeTimedSerializer | None] = (None, None)
        self._opened = lru_cache(maxsize=KEPT)(self._open)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The one that this application signs with; a restore may bring another key."""
        if self._signing[0] != app.secret_key:
            self._signing = (app.secret_key, super().get_signing_serializer(app))
            self._opened.cache_clear()
        return self._signing[1]

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """The cookie's content; an empty session where it is forged or broken."""
        cookie = request.cookies.get(self.get_cookie_name(app))
        signing = self.get_signing_serializer(app)
        if not cookie or signing is None:
            return self.session_class()
        try:
            return self.session_class(deepcopy(self._opened(signing, cookie)))
        except BadSignature:
            return self.session_class()

    def get_expiration_time(self, app: Flask, session: SessionMixin) -> datetime | None:
        """When the browser may forget a login that it was asked to keep."""
        life: timedelta = g.get("max_session_age", app.permanent_session_lifetime)
        return datetime.now(UTC) + life if session.permanent else None

    def _open(self, signing: URLSafeTimedSerializer, cookie: str) -> Any:
        return signing.loads(cookie)


def init_app(app: Flask) -> None:
    """Open sessions and make form tokens this way."""
    app.session_interface = Cookies()


def csrf_token() -> str:
    """The form token of this session, as Flask-WTF makes it."""
    raw = session.get(RAW)
    return _token(str(current_app.secret_key), raw) if raw else str(generate_csrf())


@lru_cache(maxsize=KEPT)
def _token(_key: str, _raw: str) -> Any:
    return generate_csrf()

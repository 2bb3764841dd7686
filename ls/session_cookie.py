"""The signed cookie lives as long as the organization's session policy says; the row it names is what ends."""

from datetime import UTC, datetime, timedelta

from flask import Flask, Request, g
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature


class SessionCookie(SecureCookieSessionInterface):
    """Flask's, but for its fixed lifetime, which would cut a longer policy short."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie holds; a forged one holds nothing."""
        signer = self.get_signing_serializer(app)
        if signer is None:
            return None
        try:
            return self.session_class(signer.loads(request.cookies.get(self.get_cookie_name(app), "")))
        except BadSignature:
            return self.session_class()

    def get_expiration_time(self, app: Flask, session: SessionMixin) -> datetime | None:
        """When the browser may forget a login that it was asked to keep."""
        if not session.permanent:
            return None
        life: timedelta = g.get("max_session_age", app.permanent_session_lifetime)
        return datetime.now(UTC) + life

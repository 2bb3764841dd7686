"""The sign-in guard: who is behind a request, what is open to everybody, and writing as the current user."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import current_user, login_user, logout_user

from ls.accounts import activity, token_guesses
from ls.db.extensions import login_manager
from ls.db.transaction import write
from ls.models import Organization, User
from ls.models.event import AuditContext, set_audit_context
from ls.security.crypto import cookie_suffix
from ls.web.credentials import api_credential, authenticate, is_api
from ls.web.csrf import check_csrf
from ls.web.proxy import UNNAMED_PROXY

View = TypeVar("View", bound=Callable[..., Any])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def public(view: View) -> View:
    """Open this view to everybody."""
    view.is_public = True  # type: ignore[attr-defined]  # a mark on a function
    return view


def form_checks_csrf(view: View) -> View:
    """Let the view's form report an expired CSRF token itself, beside what was typed."""
    view.form_checks_csrf = True  # type: ignore[attr-defined]  # a mark on a function
    return view


def init_app(app: Flask) -> None:
    """Set Flask-Login up and put the guard before every request."""
    app.session_interface = CookieSessions()
    login_manager.init_app(app, add_context_processor=False)
    app.jinja_env.globals["current_user"] = current_user  # loaded where a template asks: an error page never does
    login_manager.session_protection = None  # sessions are rows of the database, and end there
    login_manager.user_loader(lambda _session_token: authenticate())
    login_manager.request_loader(lambda _request: authenticate())
    app.before_request(guard)


class CookieSessions(SecureCookieSessionInterface):
    """Flask's cookie sessions; a cookie that is to be kept expires with the longest life of a login."""

    def get_cookie_name(self, app: Flask) -> str:
        """A name that no other installation has: browsers send cookies to every port and path of a host."""
        return f"{super().get_cookie_name(app)}_{cookie_suffix(app.config['SECRET_KEY'])}"

    def get_expiration_time(self, app: Flask, session: SessionMixin) -> datetime | None:
        """When the browser may forget the cookie; None: when it is closed."""
        if not session.permanent:
            return None
        known = current_user.is_authenticated and current_user.organization
        return datetime.now(UTC) + (known.max_session_age if known else app.permanent_session_lifetime)


def guard() -> Any:
    """Refuse requests without a login, unless the view is public, and check the CSRF token of a write."""
    view = current_app.view_functions.get(request.endpoint or "")
    is_public, is_safe = getattr(view, "is_public", False), request.method in SAFE_METHODS
    if view is None or (is_public and is_safe) or request.endpoint == "static":
        return None
    _set_audit_context(current_user if current_user.is_authenticated else None)
    credential, address = api_credential() if is_api() else None, request.remote_addr or ""
    if current_user.is_authenticated:
        g.user_id = current_user.id  # for the request log, also when the user has logged out
        known = [] if credential is None else token_guesses.check_right(credential, address)
        if current_user.organization.is_activity_due(current_user):
            activity.note(current_user, known)
    elif credential is not None:
        token_guesses.count_wrong(credential, address)
    if not current_user.is_authenticated and not is_public:
        return login_manager.unauthorized()
    if not is_safe and credential is None and not (is_api() and is_public):
        check_csrf(form_checks_it=getattr(view, "form_checks_csrf", False))
    return None


def _set_audit_context(actor: User | None) -> None:
    actor_id = actor.id if actor else None
    agent, is_shared = request.headers.get("User-Agent", ""), request.environ.get(UNNAMED_PROXY, False)
    set_audit_context(AuditContext(actor_id, request.remote_addr or "", agent, g.request_id, is_shared))


@contextmanager
def write_as_current_user(*, lock_organization: bool = False) -> Iterator[User]:
    """`write()` for the current user, whose row is locked; yields it.

    Status and credential are read again inside the transaction: whoever was logged out or deactivated
    meanwhile gets 401 and changes nothing. A verb that changes the organization or its members locks the
    organization first, which is the one lock order of all verbs (ls/db/transaction.py).
    """
    with write_as_anybody(lock_organization=lock_organization) as user:
        if user is None:
            abort(401)
        yield user


@contextmanager
def write_as_anybody(*, lock_organization: bool = False) -> Iterator[User | None]:
    """`write()` for a public view, which checks its own code or link inside; yields the current user, or None.

    Events of the block have this user as their actor, not one who was let in and is out by now.
    """
    with write():
        if lock_organization:
            Organization.lock_for_update()
        user = authenticate(lock=True)
        if user is not None and user.id != g.get("user_id"):  # the credential belongs to another account by now
            user = None
        _set_audit_context(user)
        yield user


def log_in_user(user: User, *, persistent: bool) -> None:
    """Put the session that has just begun into a fresh cookie; of the old one only the language stays."""
    _clear_session()
    session.permanent = persistent
    login_user(user, force=True)  # whose status was checked in the transaction that began the session


def log_out_user() -> None:
    """Forget the user; the caller has deleted the row of the session."""
    logout_user()
    _clear_session()


def _clear_session() -> None:
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language

"""Who may come in: nobody, unless signed in or the view is @public. Also who is asking, and safe `next`."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, request, session, url_for
from flask_wtf.csrf import CSRFError, generate_csrf

from ls.db.extensions import csrf, login_manager
from ls.models.event import AuditContext, set_audit_context
from ls.models.login_session import NewLogin
from ls.web import csrf as cross_origin
from ls.web.cookies import RAW
from ls.web.current import visitor
from ls.web.htmx import go, is_fragment
from ls.web.identity import identify, is_api, note_activity

View = TypeVar("View", bound=Callable[..., Any])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def public(view: View) -> View:
    """Open this view to everybody."""
    view.is_public = True  # type: ignore[attr-defined]  # a mark on a function
    return view


def form_checks_csrf(view: View) -> View:
    """The view's form reports an expired page itself, beside what was typed."""
    view.form_checks_csrf = True  # type: ignore[attr-defined]  # a mark on a function
    return view


def init_app(app: Flask) -> None:
    """Put the guard before every request, and note activity after it."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # the guard checks, because a form may tell of it in place
    login_manager.init_app(app)
    # Sessions live in the database and end there; Flask-Login would hash address and agent at each request.
    login_manager._session_protection_failed = lambda: False  # type: ignore[method-assign]  # noqa: SLF001  # no setting skips it
    login_manager.user_loader(identify)
    login_manager.request_loader(lambda _request: identify(None))
    app.before_request(guard)
    app.after_request(note_activity)


def guard() -> Any:
    """Set the origin, check the CSRF token of a write, and let nobody in who is not signed in."""
    view = current_app.view_functions.get(request.endpoint or "")
    if request.endpoint == "static":
        return None
    is_public, is_safe = getattr(view, "is_public", False), request.method in SAFE_METHODS
    user = None if view is None or (is_public and is_safe) else visitor()
    set_audit_context(_origin(actor_id=user.id if user else None))
    if view is None:
        return None  # a 404 or 405, answered as such
    if user is None and not is_public:
        return refuse()
    if user is not None:
        g.member_id, g.max_session_age = user.id, user.team.max_session_age
    if not is_safe and not _brings_its_credential(view):
        return _check_csrf(view)
    return None


def _brings_its_credential(view: Any) -> bool:
    """Does the request say itself who sends it, so that no other site could have made a browser send it?"""
    return bool(g.get("by_token")) or (is_api() and getattr(view, "is_public", False))


def _origin(actor_id: int | None) -> AuditContext:
    environ = request.environ
    return AuditContext(
        actor_id, environ.get("REMOTE_ADDR", ""), environ.get("HTTP_USER_AGENT", ""), g.get("request_id", "")
    )


def _check_csrf(view: Any) -> None:
    cross_origin.check()
    try:
        csrf.protect()
    except CSRFError:
        if not getattr(view, "form_checks_csrf", False):
            raise


def refuse() -> Any:
    """The answer to somebody who is not signed in."""
    if is_api():
        abort(401)
    login = url_for("auth.login", next=_wanted())
    if is_fragment():
        response = go(login)
        response.status_code = 401
        return response
    if request.method not in SAFE_METHODS:
        abort(401)  # errors.py keeps what was typed
    return go(login, 302)


def _wanted() -> str | None:
    wanted = request.headers.get("HX-Current-URL", "") if is_fragment() else request.full_path.rstrip("?")
    path = wanted if not is_fragment() else _path_of(wanted)
    if not is_fragment():
        path = request.script_root + path
    return path if path and safe_next(path) and request.method in SAFE_METHODS | {"POST"} else None


def _path_of(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def safe_next(target: str | None) -> str | None:
    """The target, if it is a path of this site, else None.

    Refuses other hosts, also as `//host`, `/\\host` and with control characters in between, which
    browsers drop (CWE-601).
    """
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(ord(letter) < 33 or ord(letter) == 127 or letter == "\\" for letter in target):
        return None
    root = request.script_root
    return target if not root or target == root or target.startswith(f"{root}/") else None


def sign_in(login: NewLogin) -> None:
    """Put the login into a fresh cookie; nothing of the old cookie stays."""
    from flask_login import login_user

    language = session.get("language")
    session.clear()
    g.pop(RAW, None)
    generate_csrf()  # here, so that no page of hers needs another cookie for it
    session.permanent = login.persistent
    g.max_session_age = login.max_age
    if language:
        session["language"] = language
    login_user(login)
    g.pop("_login_user")  # where Flask-Login keeps her: whoever asks reads her by the new cookie
    g.signed_out = True  # the session was written a moment ago; nothing to note


def sign_out() -> None:
    """Forget the cookie's content; the session's row is deleted by the caller."""
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    g.signed_out = True

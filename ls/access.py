"""Who may come in: nobody, unless signed in or the view is @public. Also who is asking, and safe `next`."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request, session, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy import select, update
from sqlalchemy.orm import contains_eager

from ls import origin
from ls.clock import now
from ls.crypto import digest
from ls.current import visitor
from ls.extensions import csrf, db, login_manager
from ls.htmx import go, is_fragment
from ls.models import ApiToken, LoginSession, Organization, User
from ls.models.user import ACTIVE, NEVER

View = TypeVar("View", bound=Callable[..., Any])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
NOTE_EVERY = timedelta(seconds=60)


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
    login_manager.session_protection = None  # type: ignore[assignment]  # its default is a str; sessions live in the database and end there
    login_manager.user_loader(lambda session_id: identify(session_id))
    login_manager.request_loader(lambda _request: identify(None))
    app.before_request(guard)
    app.after_request(note_activity)


def guard() -> Any:
    """Set the origin, check the CSRF token of a write, and let nobody in who is not signed in."""
    view = current_app.view_functions.get(request.endpoint or "")
    if request.endpoint == "static":
        return None
    origin.become(_origin(actor_id=None))
    if view is None:
        return None  # a 404 or 405, answered as such
    user = None if getattr(view, "is_public", False) and request.method in SAFE_METHODS else visitor()
    if user is None and not getattr(view, "is_public", False):
        return refuse()
    if user is not None:
        origin.become(_origin(actor_id=user.id))
    if request.method not in SAFE_METHODS and not getattr(g, "by_token", False):
        return _check_csrf(view)
    return None


def _origin(actor_id: int | None) -> origin.Origin:
    return origin.Origin(
        actor_id=actor_id,
        address=request.remote_addr or "",
        agent=request.headers.get("User-Agent", ""),
        request_id=g.get("request_id", ""),
    )


def _check_csrf(view: Any) -> None:
    try:
        csrf.protect()
    except CSRFError:
        if not getattr(view, "form_checks_csrf", False):
            raise


def is_api() -> bool:
    """Is this a call of the API, which is answered in JSON whatever happens?"""
    return request.path.startswith("/api/") or request.path == "/api"


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


def identify(session_id: str | None) -> User | None:
    """The person behind this request: by API credential if one is sent, else by session; one statement."""
    if is_api():
        credential = api_credential()
        if credential is not None:
            return _by_credential(credential)
    return _by_session(session_id) if session_id else None


def api_credential() -> str | None:
    """What the request presents as `Token`, `Bearer` or `X-Api-Key`, or None."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() in {"token", "bearer"}:
        return value.strip()
    return request.headers.get("X-Api-Key")


def _by_credential(credential: str) -> User | None:
    g.by_token = True
    if credential.count(".") == 2:
        from ls.personal_tokens import user_of_access_token

        return user_of_access_token(credential)
    found = (
        select(User)
        .join(ApiToken, ApiToken.user_id == User.id)
        .where(ApiToken.lookup == ApiToken.lookup_of(credential), User.status == ACTIVE)
    )
    return db.session.scalar(found)


def _by_session(session_id: str) -> User | None:
    statement = (
        select(LoginSession, Organization)
        .join(LoginSession.user)
        .join(Organization, Organization.id == 1)
        .where(LoginSession.digest == digest(session_id), User.status == ACTIVE)
        .options(contains_eager(LoginSession.user))
    )
    found = db.session.execute(statement).first()
    if found is None:
        return None
    row, organization = found
    if row.is_over(max_age=organization.max_session_age, max_idle=organization.max_idle):
        return None
    user: User = row.user
    user.login_session, user.session_id = row, session_id
    g.max_idle = organization.max_idle
    g.organization = organization  # held here, so that Organization.get() finds it without a query
    return user


def note_activity(response: Response) -> Response:
    """Note that the person is active, at most once a minute, after the answer's reads.

    A shorter idle limit is noted more often, so that it never ends the session of somebody active.
    """
    user = g.get("_login_user")
    if user is None or not user.is_authenticated or g.get("signed_out"):
        return response
    every = min(NOTE_EVERY, g.get("max_idle", NOTE_EVERY * 2) / 2)
    seen = user.login_session.last_seen if user.login_session else user.last_activity
    moment = now()
    if seen is None or moment - seen >= every or moment - (user.last_activity or NEVER) >= NOTE_EVERY:
        _write_activity(user)
    return response


def _write_activity(user: User) -> None:
    from ls.transaction import write

    user_id, session_id, moment = user.id, user.login_session and user.login_session.id, now()
    with write():
        db.session.execute(
            update(User).where(User.id == user_id).values(last_activity=moment, activity_key=moment),
            execution_options={"synchronize_session": False},
        )
        if session_id:
            db.session.execute(
                update(LoginSession).where(LoginSession.id == session_id).values(last_seen=moment),
                execution_options={"synchronize_session": False},
            )


def sign_in(user: User, *, persistent: bool) -> None:
    """Put the session begun inside `write()` into a fresh cookie; nothing of the old cookie stays."""
    from flask_login import login_user

    language = session.get("language")
    session.clear()
    session.permanent = persistent
    if language:
        session["language"] = language
    login_user(user)
    g.signed_out = True  # the session was written a moment ago; nothing to note


def sign_out() -> None:
    """Forget the cookie's content; the session's row is deleted by the caller."""
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    g.signed_out = True

"""The sign-in guard: who is behind a request, what is open to everybody, and writing as the current user."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, request, session
from flask_login import current_user, login_user, logout_user
from sqlalchemy import bindparam, select

from ls.accounts import activity, token_guesses
from ls.accounts.jwt_tokens import owner_of_access_token
from ls.db.extensions import db, login_manager
from ls.db.transaction import write
from ls.models import ApiToken, LoginSession, Organization, User
from ls.models.event import AuditContext, set_audit_context
from ls.models.organization import DEFAULT_ORGANIZATION_ID
from ls.models.user import ACTIVE
from ls.web.csrf import check_csrf
from ls.web.proxy import UNNAMED_PROXY

View = TypeVar("View", bound=Callable[..., Any])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

_ACTIVE_USER = (
    select(User, Organization)
    .select_from(User)
    .join(Organization, Organization.id == DEFAULT_ORGANIZATION_ID)
    .where(User.status == ACTIVE)
)
_BY_SESSION = (
    _ACTIVE_USER.add_columns(LoginSession)
    .join(LoginSession, LoginSession.user_id == User.id)
    .where(LoginSession.digest == bindparam("key"))
)
_BY_TOKEN = _ACTIVE_USER.join(ApiToken, ApiToken.user_id == User.id).where(ApiToken.lookup == bindparam("key"))
_BY_ID = _ACTIVE_USER.where(User.id == bindparam("key"))


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
    login_manager.init_app(app, add_context_processor=False)
    app.jinja_env.globals["current_user"] = current_user  # loaded where a template asks: an error page never does
    login_manager.session_protection = None  # sessions are rows of the database, and end there
    login_manager.user_loader(lambda _session_token: authenticate())
    login_manager.request_loader(lambda _request: authenticate())
    app.before_request(guard)


def guard() -> Any:
    """Refuse requests without a login, unless the view is public, and check the CSRF token of a write."""
    view = current_app.view_functions.get(request.endpoint or "")
    is_public, is_safe = getattr(view, "is_public", False), request.method in SAFE_METHODS
    if view is None or (is_public and is_safe) or request.endpoint == "static":
        return None
    if not is_safe:
        _set_audit_context(current_user if current_user.is_authenticated else None)
    note_caller(current_user if current_user.is_authenticated else None)
    if not current_user.is_authenticated and not is_public:
        return login_manager.unauthorized()
    if not is_safe and api_credential() is None and not (is_api() and is_public):
        request.max_content_length = getattr(view, "max_bytes", request.max_content_length)
        check_csrf(form_checks_it=getattr(view, "form_checks_csrf", False))
    return None


def note_caller(user: User | None) -> None:
    """Note that the current user is active, or that the credential is wrong. Raises Throttled."""
    credential, address = api_credential() or "", request.remote_addr or ""
    if user is not None:
        g.user_id = user.id  # for the request log, also when the user has logged out
        is_guessable = credential and not ApiToken.is_random(credential)
        known = token_guesses.check_right(credential, address) if is_guessable else []
        if user.organization.is_activity_due(user):
            activity.note(user, known)
    elif credential:
        token_guesses.count_wrong(credential, address)


def _set_audit_context(actor: User | None) -> None:
    actor_id = actor.id if actor else None
    agent, is_shared = request.headers.get("User-Agent", ""), request.environ.get(UNNAMED_PROXY, False)
    set_audit_context(AuditContext(actor_id, request.remote_addr or "", agent, g.request_id, is_shared, not is_api()))


def is_api() -> bool:
    """Whether this is a call of the API, or a proxy's check, which is answered without a page whatever happens."""
    return request.path.startswith("/api/") or request.path.rstrip("/") in {"/api", "/auth/check"}


def api_credential() -> str | None:
    """What a call presents as `Token`, `Bearer` or `X-Api-Key`; None for pages."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    sent = value.strip() if scheme.lower() in {"token", "bearer"} else request.headers.get("X-Api-Key")
    return sent if is_api() else None


def authenticate(*, lock: bool = False) -> User | None:
    """The active user behind this request: by API credential if one is sent, else by session; None if nobody.

    With `lock`, inside `write()`: the row is locked, then the credential read again. Whatever ends a credential
    locks its user first, and PostgreSQL waits for that lock with the rows that it has read before.
    """
    found = _authenticate(lock=lock)
    return _authenticate(lock=True) if found is not None and lock else found


def _authenticate(*, lock: bool) -> User | None:
    if (credential := api_credential()) is not None:
        return _by_credential(credential, lock=lock)
    token = session.get("_user_id")  # where Flask-Login keeps what `User.get_id` returned
    if token is None:
        return None
    found = _first(_BY_SESSION, sha256(token.encode()).digest(), lock=lock)
    if found is None or found.login is None or found.organization.has_expired(found.login):
        return None
    return found


def _by_credential(credential: str, *, lock: bool) -> User | None:
    if credential.startswith("eyJ") and credential.count(".") == 2:  # a JWT, or a token that somebody chose like one
        owner = owner_of_access_token(credential)
        if owner is not None:
            return _first(_BY_ID, owner, lock=lock)
    found = _first(_BY_TOKEN, ApiToken.lookup_of(credential), lock=lock)
    return found if found is not None and found.organization.api_tokens_enabled else None


def _first(statement: Any, key: object, *, lock: bool) -> User | None:
    if lock:
        statement = statement.with_for_update(of=User, key_share=True).execution_options(populate_existing=True)
    row = db.session.execute(statement, {"key": key}).first()
    if row is None:
        return None
    user: User = row[0]
    user.organization, user.login = row[1], row[2] if len(row) > 2 else None
    return user


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
    kept = {name: session[name] for name in ("language",) if session.get(name)}
    session.clear()
    session.update(kept)

"""Sign-up, that of the first account too, login, and log-out."""

from collections.abc import Callable

from flask import Response, current_app, request, url_for
from flask_login import current_user

from ls.accounts import confirmation, rate_limit, sign_up
from ls.accounts.invitations import admit
from ls.accounts.rate_limit import Bucket
from ls.accounts.sign_in import admitted, begin_session, sign_in
from ls.blueprints.auth.blueprint import auth
from ls.blueprints.auth.forms import LoginForm, SignupForm
from ls.db.extensions import db
from ls.exceptions import (
    AlreadySetUp,
    CredentialsWrong,
    EmailUnconfirmed,
    InvalidFields,
    InvitationEnded,
    Throttled,
)
from ls.models import Event, Invitation, Organization, User
from ls.models.event import audit_context
from ls.models.user import email_key
from ls.queries.projects import has_projects
from ls.web.auth import (
    form_checks_csrf,
    log_in_user,
    log_out_user,
    public,
    write_as_anybody,
    write_as_current_user,
)
from ls.web.forms import BaseForm
from ls.web.htmx import flash_message, redirect, render, safe_next


@auth.get("/user/signup/")
@auth.get("/setup/<code>", endpoint="setup_page")
@public
def signup_page(code: str | None = None) -> Response:
    """The sign-up form; a member is told that they are one, also by an invitation that has ended."""
    is_member = current_user.is_authenticated
    invitation = (_invitation() if is_member else None) or _check_link(code)
    if is_member:
        return render("auth/already.html", "auth/already.html", invitation=invitation)
    return _signup(SignupForm(data={"email": invitation and invitation.email}))


@auth.post("/user/signup/", endpoint="signup")
@auth.post("/setup/<code>", endpoint="setup")
@public
@form_checks_csrf
def signup(code: str | None = None) -> Response:
    """Make the account and log its owner in."""
    form = SignupForm()
    if not rate_limit.is_noted(form.submission(email_key(form.email.data or "") or "")):
        _check_link(code)
    if not form.validate():
        return _signup(form, 422)
    try:
        user = _sign_up(form, code)
    except InvalidFields as refused:
        form.add_errors(refused)
        return _signup(form, 422)
    except Throttled as refused:
        return throttled(_signup, form, refused)
    except EmailUnconfirmed as waiting:
        flash_message(waiting, "info")
        return redirect(url_for("auth.login"))
    log_in_user(user, persistent=False)
    is_founder = user.id == Organization.get().created_by_id
    start = "projects.index" if is_founder or has_projects() else "people.index"
    return redirect(_requested_next() or url_for(start), 302)


def _sign_up(form: SignupForm, code: str | None) -> User:
    """The new account; the same form sent twice logs the user in. Raises InvalidFields and other DomainErrors."""
    email, password = form.email.data or "", form.password.data or ""
    rate_limit.reserve(Bucket(rate_limit.SIGN_UP, rate_limit.network(audit_context().address)))
    profile = {name: form[name].data for name in ("first_name", "last_name", "organization")}
    account = sign_up.prepare(email, password, **profile)
    sent = form.submission(account.email_key)
    try:
        with write_as_anybody(lock_organization=True):
            user = sign_up.create_account(account, invitation=_check_link(code))
            rate_limit.note(sent)
            _let_in(user, code)
    except (InvalidFields, AlreadySetUp, InvitationEnded) as taken:
        if not rate_limit.is_noted(sent):
            raise
        try:
            return sign_in(email, password, persistent=False)
        except CredentialsWrong:
            raise taken from None
    return admitted(user)


def _let_in(user: User, code: str | None) -> None:
    """Begin a session, but where an open sign-up confirms its email first."""
    if current_app.config["CONFIRM_EMAIL"] and code is None and not _invite_token():
        confirmation.ask(user)
    else:
        begin_session(user, Organization.get(), persistent=False)


def _signup(form: BaseForm, status: int = 200) -> Response:
    values = {"form": form, "token": _invite_token(), "next": _requested_next(), "organization": Organization.get()}
    return render("auth/signup.html", "auth/_signup.html", status, invitation=_invitation(), **values)


def _check_link(code: str | None) -> Invitation | None:
    """Check that the set-up link of this code, else an invitation, the invite link, or none, lets somebody sign up."""
    if code is None:
        return admit(_invite_token())
    Organization.get().check_setup(code)
    return None


def _invite_token() -> str | None:
    return request.values.get("token") or None


def _invitation() -> Invitation | None:
    token = _invite_token()
    return Invitation.by_token(token) if token else None


@auth.get("/user/login/")
@public
def login_page() -> Response:
    """The login form; a member is redirected."""
    if current_user.is_authenticated:
        return redirect(_next(), 302)
    return _login(LoginForm())


@auth.post("/user/login/", endpoint="login")
@public
@form_checks_csrf
def login() -> Response:
    """Log in; every attempt that is refused gets the same answer."""
    form = LoginForm()
    if not form.validate():
        form.problem = CredentialsWrong.message
        return _login(form, 422)
    persistent = bool(form.persist_session.data)
    try:
        user = sign_in(form.email.data or "", form.password.data or "", persistent=persistent)
    except (CredentialsWrong, EmailUnconfirmed) as refused:
        form.problem = refused.message
        return _login(form, 422)
    except Throttled as refused:
        return throttled(_login, form, refused)
    log_in_user(user, persistent=persistent)
    return redirect(_next(), 302)


def _login(form: BaseForm, status: int = 200) -> Response:
    values = {"form": form, "next": _requested_next(), "organization": Organization.get()}
    return render("auth/login.html", "auth/_login.html", status, **values)


def throttled(show: Callable[[BaseForm, int], Response], form: BaseForm, refused: Throttled) -> Response:
    """The form again, with the message that there were too many attempts."""
    form.problem = refused.message
    response = show(form, 429)
    response.headers["Retry-After"] = str(refused.retry_after)
    return response


def _requested_next() -> str | None:
    return safe_next(request.values.get("next"))


def _next() -> str:
    return _requested_next() or url_for("projects.index")


@auth.get("/logout", endpoint="logout_page")
@public
def logout_page() -> Response:
    """A button, because opening a link must not log anybody out."""
    if not current_user.is_authenticated:
        return redirect(url_for("auth.login"), 302)
    return render("auth/logout.html", "auth/logout.html")


@auth.post("/logout", endpoint="logout")
@public
def logout() -> Response:
    """End this session; twice is no error."""
    if current_user.is_authenticated:
        with write_as_current_user() as user:
            db.session.delete(user.login)
            Event.record("logout", user)
        log_out_user()
    return redirect(url_for("auth.login"), 302)

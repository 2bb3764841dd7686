"""The door: sign-up, login, logout, first password, language."""

from flask import Blueprint, Response, request, session, url_for
from flask_babel import gettext as _

from ls.accounts import rate_limit as throttle
from ls.accounts import sign_in as signin
from ls.accounts import sign_up as signup
from ls.blueprints.auth.forms import DoorForm, LoginForm, SetPasswordForm, SignupForm
from ls.db.extensions import db
from ls.db.transaction import write
from ls.exceptions import CredentialsWrong, DomainError, InvalidFields, Throttled
from ls.models import Event, LoginSession, OneTimeCode, Organization
from ls.models.event import audit_context
from ls.models.login_session import NewLogin
from ls.security import passwords
from ls.web import access
from ls.web.access import form_checks_csrf, public, safe_next
from ls.web.cookies import RAW
from ls.web.current import acting, visitor
from ls.web.htmx import go, render, say
from ls.web.languages import LANGUAGES

auth = Blueprint("auth", __name__)


@auth.get("/user/signup/")
@public
def signup_page() -> Response:
    """The sign-up form, if the visitor may use it; a member is told that she is one, or that the link is dead."""
    Organization.get().admit(_invite())
    if visitor() is not None:
        return render("auth/already.html", "auth/already.html")
    return _signup(SignupForm())


@auth.post("/user/signup/", endpoint="signup")
@public
@form_checks_csrf
def sign_up() -> Response:
    """Make the account and sign its owner in."""
    form = SignupForm()
    Organization.get().admit(_invite())
    if not form.check():
        return _signup(form, 422)
    try:
        login = _join(form)
    except InvalidFields as refused:
        form.refuse(refused)
        return _signup(form, 422)
    except Throttled as refused:
        return _throttled(_signup, form, refused)
    access.sign_in(login)
    return go(_next(), 302)


def _join(form: SignupForm) -> NewLogin:
    throttle.reserve(throttle.Count(throttle.SIGN_UP, throttle.network(audit_context().address)))
    email, password = form.email.data or "", form.password.data or ""
    candidate = signup.prepare(email, password)
    sent = _this_form(candidate.email_key)
    try:
        with write():
            organization = Organization.lock()
            organization.admit(_invite())
            user = signup.create_account(candidate)
            throttle.note(sent)
            return LoginSession.begin(user, organization, persistent=False)
    except InvalidFields as taken:
        if not throttle.is_noted(sent):
            raise
        try:
            return signin.sign_in(email, password, persistent=False)
        except CredentialsWrong:
            raise taken from None


def _this_form(email_key: str) -> list[throttle.Count]:
    """Under what it is noted that this very form made this account, so that a second click on it is no error.

    The token in the session belongs to one browser alone; without one nothing is noted.
    """
    browser, form = session.get(RAW), request.form.get("csrf_token")
    return [throttle.Count(throttle.SIGN_UP_FORM, f"{browser}\0{form}\0{email_key}")] if browser else []


def _signup(form: DoorForm, status: int = 200) -> Response:
    return render("auth/signup.html", "auth/_signup.html", status, form=form, token=_invite(), next=_asked_next())


def _invite() -> str | None:
    return request.values.get("token") or None


@auth.get("/user/login/")
@public
def login_page() -> Response:
    """The login form; a member is sent on."""
    if visitor() is not None:
        return go(_next(), 302)
    return _login(LoginForm())


@auth.post("/user/login/", endpoint="login")
@public
@form_checks_csrf
def log_in() -> Response:
    """Sign in, with one answer to whoever may not."""
    form = LoginForm()
    if not form.check():
        form.problem = form.problem or CredentialsWrong.message
        return _login(form, 422)
    try:
        login = signin.sign_in(
            form.email.data or "", form.password.data or "", persistent=bool(form.persist_session.data)
        )
    except CredentialsWrong as refused:
        form.problem = refused.message
        return _login(form, 422)
    except Throttled as refused:
        return _throttled(_login, form, refused)
    access.sign_in(login)
    return go(_next(), 302)


def _login(form: DoorForm, status: int = 200) -> Response:
    organization = Organization.get()
    return render(
        "auth/login.html",
        "auth/_login.html",
        status,
        form=form,
        next=_asked_next(),
        is_closed=organization.signup_is_closed,
    )


def _throttled(show: object, form: DoorForm, refused: Throttled) -> Response:
    form.problem = refused.message
    response: Response = show(form, 429)  # type: ignore[operator]  # one of the two functions above
    response.headers["Retry-After"] = str(refused.retry_after)
    return response


def _asked_next() -> str | None:
    return safe_next(request.values.get("next"))


def _next() -> str:
    return _asked_next() or url_for("projects.index")


@auth.get("/logout", endpoint="logout_page")
@public
def logout_page() -> Response:
    """A button, because a link must not sign anybody out."""
    if visitor() is None:
        return go(url_for("auth.login"), 302)
    return render("auth/logout.html", "auth/logout.html")


@auth.post("/logout", endpoint="logout")
@public
def log_out() -> Response:
    """End this session; twice is no harm."""
    found = visitor()
    if found is not None and found.login is not None:
        with write():
            row = db.session.get(LoginSession, found.login.id)
            if row is not None:
                Event.record("logout", row.user)
                row.end()
        access.sign_out()
    return go(url_for("auth.login"), 302)


@auth.get("/user/set-password/<code>")
@public
def set_password_page(code: str) -> Response:
    """The form; looking does not use the link up, because a mail scanner looks too."""
    found = OneTimeCode.find(code)
    return _set_password(SetPasswordForm(), found)


@auth.post("/user/set-password/<code>", endpoint="set_password")
@public
@form_checks_csrf
def set_password(code: str) -> Response:
    """Set the password and use the link up."""
    form, found = SetPasswordForm(), OneTimeCode.find(code)
    if not form.check():
        return _set_password(form, found, 422)
    password, user = form.password.data or "", found.user
    try:
        signup.check_password(password, email=user.email, names={"first": user.first_name, "last": user.last_name})
    except InvalidFields as refused:
        form.refuse(refused)
        return _set_password(form, found, 422)
    hashed = passwords.hash_password(password)
    with write():
        user = OneTimeCode.use(code)
        user.change_password(hashed, kind="password_set", actor=user)
    say(_("Your password is set. Log in with it."))
    return go(url_for("auth.login"), 303)


def _set_password(form: DoorForm, found: OneTimeCode, status: int = 200) -> Response:
    return render(
        "auth/set_password.html", "auth/_set_password.html", status, form=form, email=found.user.email
    )


@auth.post("/user/language", endpoint="language")
@public
def language() -> Response:
    """Speak this language: in the account of a member, in the cookie of a visitor."""
    wanted = request.form.get("language", "")
    if wanted not in LANGUAGES:
        raise DomainError(_("This language is not offered."))
    if visitor() is not None:
        with acting() as session_row:
            session_row.user.change_profile(language=wanted)
    session["language"] = wanted
    return go(_asked_next() or request.script_root + "/")

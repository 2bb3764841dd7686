"""The views: one page, whose sections are saved one by one."""

from base64 import b64encode

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import RequestEntityTooLarge

from ls.blueprints.settings.forms import AccountForm, OwnForm, PictureForm
from ls.blueprints.settings.page import answer, done, password_form, say_beside
from ls.blueprints.settings.password import prepare
from ls.exceptions import InvalidFields, Throttled
from ls.images.avatar import TOO_LARGE
from ls.models import ApiToken, Avatar, LoginSession
from ls.web.access import form_checks_csrf, sign_out
from ls.web.current import acting, me, member
from ls.web.errors import page as failure
from ls.web.htmx import go, is_fragment
from ls.web.user_agents import device

settings = Blueprint("settings", __name__, url_prefix="/user/account")
settings.add_app_template_filter(device)


@settings.get("/")
def account() -> Response:
    """The page; for htmx its profile."""
    return answer("profile")


@settings.post("/")
@form_checks_csrf
def account_save() -> Response:
    """Save those fields of profile, language and appearance that the request carries."""
    form = AccountForm(obj=me())
    whole_page = not {"language", "appearance"}.isdisjoint(request.form)
    section = "profile" if not whole_page or "first_name" in request.form else "appearance"
    if not form.validate():
        return answer(section, 422, account_form=form, problem=_problem(section, form))
    with acting() as session:
        session.user.change_profile(**form.carried())
    return _refresh(section) if whole_page and is_fragment() else done(section)


def _refresh(section: str) -> Response:
    """The whole page anew, because every part of it speaks the language and wears the colours."""
    say_beside(section)
    response = make_response("")
    response.headers["HX-Refresh"] = "true"
    return response


def _problem(section: str, form: OwnForm) -> dict[str, object] | None:
    return {"section": section, "message": form.problem} if form.problem else None


@settings.post("/avatar/preview")
@form_checks_csrf
def avatar_preview() -> Response:
    """The picture as it will look, or what is wrong with it; nothing is stored."""
    form = PictureForm()
    if not form.validate():
        return _preview(form, 422)
    return _preview(form, preview=_data_uri(form))


def _preview(form: PictureForm, status: int = 200, preview: str | None = None) -> Response:
    shown = {"picture_form": form, "preview": preview}
    if is_fragment() and not form.problem:
        return make_response(render_template("settings/_preview.html", **shown), status)
    response = answer("picture", status, **shown, problem=_problem("picture", form))
    response.headers["HX-Retarget"] = "#picture"  # a page too old gets a section that works again
    return response


@settings.errorhandler(413)
def too_large(_error: RequestEntityTooLarge) -> Response:
    """A picture of more bytes than are read at all is told in the words for every other that is too large."""
    if request.endpoint not in {"settings.avatar", "settings.avatar_preview"}:
        return failure(413)
    form = PictureForm(formdata=None)
    form.avatar.errors = [_l(TOO_LARGE)]
    is_preview = request.endpoint == "settings.avatar_preview"
    return _preview(form, 413) if is_preview else answer("picture", 413, picture_form=form)


def _data_uri(form: PictureForm) -> str:
    return f"data:{form.picture.media_type};base64,{b64encode(form.picture.data).decode()}"


@settings.post("/avatar")
@form_checks_csrf
def avatar() -> Response:
    """Store the picture."""
    form = PictureForm()
    if not form.validate():
        return answer("picture", 422, picture_form=form, problem=_problem("picture", form))
    with acting() as session:
        Avatar.keep(session.user, form.picture)
    return done("picture")


@settings.post("/avatar/delete")
@form_checks_csrf
def avatar_delete() -> Response:
    """Go back to initials."""
    if refusal := _refusal("picture"):
        return refusal
    with acting() as session:
        Avatar.remove(session.user)
    return done("picture", _l("Picture removed"))


def _refusal(section: str) -> Response | None:
    """What to answer to a form without fields whose page is too old, or None."""
    form = OwnForm()
    return None if form.validate() else answer(section, 422, problem=_problem(section, form))


@settings.post("/password")
@form_checks_csrf
def password() -> Response:
    """Change the password; other sessions end, this one goes on."""
    form = password_form()
    if not form.validate():
        return answer("password", 422, password_form=form, problem=_problem("password", form))
    try:
        change = prepare(member(), form)
        with acting() as session:
            change.make(session)
    except InvalidFields as refused:
        form.refuse(refused)
        return answer("password", 422, password_form=form)
    except Throttled as slow:
        response = answer("password", slow.status, problem={"section": "password", "message": slow})
        response.headers["Retry-After"] = str(slow.retry_after)
        return response
    return done("password")


@settings.post("/token/reset")
@form_checks_csrf
def token_reset() -> Response:
    """A new API token; the old one is dead at once."""
    if refusal := _refusal("token"):
        return refusal
    with acting() as session:
        ApiToken.reset(session.user)
    return done("token")


@settings.get("/sessions/")
def sessions() -> Response:
    """Where the member is signed in."""
    return answer("sessions")


@settings.post("/sessions/<int:session_id>/delete")
@form_checks_csrf
def session_delete(session_id: int) -> Response:
    """Sign out on one device; on this one it is a log-out."""
    if refusal := _refusal("sessions"):
        return refusal
    login = me().login
    is_this = login is not None and session_id == login.id
    with acting() as session:
        LoginSession.end_one(session.user, session_id)
    if not is_this:
        return done("sessions")
    sign_out()
    return go(url_for("auth.login"))


@settings.post("/sessions/delete-others")
@form_checks_csrf
def sessions_delete_others() -> Response:
    """Sign out on every device but this one."""
    if refusal := _refusal("sessions"):
        return refusal
    with acting() as session:
        LoginSession.end_others(session.user, keep=session)
    return done("sessions", _l("Signed out everywhere else"))

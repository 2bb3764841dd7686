"""The views of Account & Settings: one page, whose sections are saved one by one."""

from base64 import b64encode

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.exceptions import RequestEntityTooLarge

from ls.accounts import notices
from ls.accounts.change_password import prepare_change
from ls.blueprints.settings.blueprint import settings
from ls.blueprints.settings.forms import AccountForm, PasswordForm, PictureForm, checked_values
from ls.blueprints.settings.sections import own_password_form, show, show_throttled
from ls.exceptions import InvalidFields, Throttled
from ls.images.avatar import MAX_BYTES, TOO_LARGE, Picture, PictureRefused, read_picture
from ls.web.auth import form_checks_csrf, log_out_user, write_as_current_user
from ls.web.errors import error_page
from ls.web.forms import BaseForm
from ls.web.htmx import flash_message, is_fragment, redirect
from ls.web.user_agents import device

settings.add_app_template_filter(device)


@settings.get("/")
def account() -> Response:
    """Show the page; for htmx its profile section."""
    return show("profile")


@settings.post("/")
@form_checks_csrf
def account_save() -> Response:
    """Save those fields of profile, language and appearance that the request carries."""
    form, is_appearance = AccountForm(obj=current_user), not {"language", "appearance"}.isdisjoint(request.form)
    section = "appearance" if is_appearance and "first_name" not in request.form else "profile"
    values = checked_values(form)
    if values is None:
        return show(section, 422, account_form=form, problem=form.problem)
    with write_as_current_user() as user:
        user.change_profile(**values)
    message = _("Profile saved") if section == "profile" else _("Appearance and language saved")
    return _refresh(section, message) if is_appearance and is_fragment() else show_saved(section, message)


def show_saved(section: str, message: str) -> Response:
    """Show the message beside the section's button: at once, or after a redirect to the section."""
    if is_fragment():
        return show(section, saved=message)
    flash_message(message, f"beside {section}")
    return redirect(url_for("settings.account", _anchor=section))


def _refresh(section: str, message: str) -> Response:
    """Load the whole page again, because every part of it depends on language and appearance."""
    flash_message(message, f"beside {section}")
    response = make_response("")
    response.headers["HX-Refresh"] = "true"
    return response


@settings.post("/avatar/preview")
@form_checks_csrf
def avatar_preview() -> Response:
    """Show how the picture will look, or what is wrong with it; nothing is stored."""
    form = PictureForm()
    picture = _read_picture(form)
    if picture is None:
        return _preview(form, 422)
    return _preview(form, preview=f"data:{picture.media_type};base64,{b64encode(picture.data).decode()}")


def _preview(form: PictureForm, status: int = 200, preview: str | None = None) -> Response:
    values = {"picture_errors": form.avatar.errors, "preview": preview}
    if is_fragment() and not form.problem:
        return make_response(render_template("settings/_preview.html", **values), status)
    response = show("picture", status, problem=form.problem, **values)
    response.headers["HX-Retarget"] = "#picture"  # a page that is too old gets a section with a new token
    return response


@settings.errorhandler(413)
def too_large(_error: RequestEntityTooLarge) -> Response:
    """Answer an upload of more bytes than are read at all like every other picture that is too large."""
    if request.endpoint not in {"settings.avatar", "settings.avatar_preview"}:
        return error_page(413)
    form = PictureForm(formdata=None)
    form.avatar.errors = [_(TOO_LARGE)]
    is_preview = request.endpoint == "settings.avatar_preview"
    return _preview(form, 413) if is_preview else show("picture", 413, picture_errors=form.avatar.errors)


@settings.post("/avatar")
@form_checks_csrf
def avatar() -> Response:
    """Store the picture."""
    form = PictureForm()
    picture = _read_picture(form)
    if picture is None:
        return show("picture", 422, picture_errors=form.avatar.errors, problem=form.problem)
    with write_as_current_user() as user:
        user.change_avatar(picture)
    return show_saved("picture", _("Picture saved"))


def _read_picture(form: PictureForm) -> Picture | None:
    """The picture, re-encoded; None if something is wrong, which the form then says."""
    if not form.validate():
        return None
    try:
        return read_picture(form.avatar.data[0].read(MAX_BYTES + 1))
    except PictureRefused as refused:
        form.avatar.errors = [_(refused.message)]
        return None


@settings.post("/avatar/delete")
@form_checks_csrf
def avatar_delete() -> Response:
    """Remove the picture; the initials are shown again."""
    if not (form := BaseForm()).validate():
        return show("picture", 422, problem=form.problem)
    with write_as_current_user() as user:
        user.remove_avatar()
    return show_saved("picture", _("Picture removed"))


@settings.post("/password")
@form_checks_csrf
def password() -> Response:
    """Change the password; every other session ends."""
    form = own_password_form(PasswordForm())
    if not form.validate():
        return show("password", 422, password_form=form, problem=form.problem)
    current = form.current_password.data if "current_password" in form else None
    try:
        change = prepare_change(current_user, current or "", form.new_password.data or "")
        with write_as_current_user() as user:
            change.apply(user)
    except InvalidFields as refused:
        form.add_errors(refused)
        return show("password", 422, password_form=form, problem=form.problem)
    except Throttled as refused:
        return show_throttled("password", refused)
    return show_saved("password", _("Password changed. Every other device is logged out."))


@settings.post("/token/reset")
@form_checks_csrf
def token_reset() -> Response:
    """Make a new API token; the old one stops working at once."""
    if not (form := BaseForm()).validate():
        return show("token", 422, problem=form.problem)
    with write_as_current_user() as user:
        notices.reset_token(user)
    return show_saved("token", _("New token made. The old one does not work any more."))


@settings.get("/sessions/")
def sessions() -> Response:
    """Show where the user is logged in."""
    return show("sessions")


@settings.post("/sessions/<int:session_id>/delete")
@form_checks_csrf
def session_delete(session_id: int) -> Response:
    """Log the user out on one device; if it is this one, go to the login page."""
    if not (form := BaseForm()).validate():
        return show("sessions", 422, problem=form.problem)
    is_this = session_id == current_user.login.id
    with write_as_current_user() as user:
        notices.end_session(user, session_id)
    if not is_this:
        return show_saved("sessions", _("Logged out there"))
    log_out_user()
    return redirect(url_for("auth.login"))


@settings.post("/sessions/delete-others")
@form_checks_csrf
def sessions_delete_others() -> Response:
    """Log the user out on every device but this one."""
    if not (form := BaseForm()).validate():
        return show("sessions", 422, problem=form.problem)
    with write_as_current_user() as user:
        notices.end_other_sessions(user)
    return show_saved("sessions", _("Logged out everywhere else"))

"""Links that were mailed: to confirm a new email, or to take the change of an email back. No login is needed."""

from flask import Response, make_response, render_template, url_for
from flask_babel import gettext as _

from ls.accounts import change_email, confirmation
from ls.blueprints.settings.blueprint import settings
from ls.models import OneTimeCode
from ls.models.one_time_code import CONFIRM, SIGN_UP, UNDO
from ls.names import isolated
from ls.web.auth import public, write_as_anybody
from ls.web.htmx import flash_message, redirect


@settings.get("/email/confirm/<code>")
@settings.get("/email/undo/<code>", endpoint="email_undo_page")
@settings.get("/email/sign-up/<code>", endpoint="email_sign_up_page")
@public
def email_confirm_page(code: str) -> Response:
    """A button; opening the link changes nothing, because mail scanners open links."""
    found = OneTimeCode.by_code(code, CONFIRM, UNDO, SIGN_UP)
    return make_response(render_template("settings/email_link.html", found=found))


@settings.post("/email/confirm/<code>")
@public
def email_confirm(code: str) -> Response:
    """Set the new email."""
    with write_as_anybody(lock_organization=True):
        email = change_email.confirm(code)
    flash_message(_("Your email is %(email)s from now on. Log in with it.", email=isolated(email)), "success")
    return redirect(url_for("auth.login"))


@settings.post("/email/undo/<code>")
@public
def email_undo(code: str) -> Response:
    """Give the user the old email back, and let them set a new password."""
    with write_as_anybody(lock_organization=True):
        email, code = change_email.undo(code)
    said = _("Your email is %(email)s again, and every device is logged out.", email=isolated(email))
    flash_message(said + " " + _("Set a new password, because the former one does not work any more."), "success")
    return redirect(url_for("auth.set_password_page", code=code))


@settings.post("/email/sign-up/<code>")
@public
def email_sign_up(code: str) -> Response:
    """Confirm the email of a sign-up."""
    with write_as_anybody(lock_organization=True):
        confirmation.confirm(code)
    flash_message(_("Your email is confirmed. Log in now."), "success")
    return redirect(url_for("auth.login"))

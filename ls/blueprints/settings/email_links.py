"""Links that were mailed: to confirm a new email, or to take the change of an email back. No login is needed."""

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ls.accounts import change_email, confirmation
from ls.blueprints.settings.blueprint import settings
from ls.exceptions import LinkGone, Text
from ls.models import OneTimeCode
from ls.models.one_time_code import CONFIRM, SIGN_UP, UNDO
from ls.names import isolated
from ls.web.auth import public, write_as_anybody
from ls.web.errors import on_domain_error
from ls.web.htmx import flash_message, redirect

# What each link is for, and what to do when it does not work any more.
LINKS = {
    "email_confirm": (CONFIRM, _l("If your email has not changed, enter the new one again in Account & Settings.")),
    "email_undo": (UNDO, _l("If somebody else has your account, ask whoever runs the server.")),
    "email_sign_up": (SIGN_UP, _l("Log in: if your email still has to be confirmed, a new link is sent to you.")),
}


@settings.get("/email/confirm/<code>")
@settings.get("/email/undo/<code>", endpoint="email_undo_page")
@settings.get("/email/sign-up/<code>", endpoint="email_sign_up_page")
@public
def email_confirm_page(code: str) -> Response:
    """A button; opening the link changes nothing, because mail scanners open links."""
    found = OneTimeCode.by_code(code, _link()[0])
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


@settings.errorhandler(LinkGone)
def link_gone(refused: LinkGone) -> Response:
    """Say what to do instead."""
    return on_domain_error(LinkGone(f"{refused} {_link()[1]}"))


def _link() -> tuple[str, Text]:
    name = (request.endpoint or "").removeprefix("settings.").removesuffix("_page")
    return LINKS[name]

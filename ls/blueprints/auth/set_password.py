"""Setting a password by a one-time link."""

from flask import Response, url_for
from flask_babel import gettext as _

from ls.accounts.change_password import change_password
from ls.accounts.password_links import NO_MAIL
from ls.accounts.sign_up import check_password
from ls.blueprints.auth.blueprint import auth
from ls.blueprints.auth.forms import SetPasswordForm
from ls.exceptions import InvalidFields, LinkGone
from ls.mail.outbox import mail_is_set_up
from ls.models import OneTimeCode
from ls.models.one_time_code import SETS_PASSWORD
from ls.names import isolated
from ls.security import passwords
from ls.web.auth import form_checks_csrf, public, write_as_anybody
from ls.web.errors import on_domain_error
from ls.web.htmx import flash_message, redirect, render


@auth.get("/user/set-password/<code>")
@public
def set_password_page(code: str) -> Response:
    """The form; opening the link does not use it up, because mail scanners open links."""
    return _set_password(SetPasswordForm(), OneTimeCode.by_code(code, *SETS_PASSWORD))


@auth.post("/user/set-password/<code>", endpoint="set_password")
@public
@form_checks_csrf
def set_password(code: str) -> Response:
    """Set the password and use the link up."""
    form, found = SetPasswordForm(), OneTimeCode.by_code(code, *SETS_PASSWORD)
    if not form.validate():
        return _set_password(form, found, 422)
    password, user = form.password.data or "", found.user
    try:
        names = {"first": user.first_name, "last": user.last_name}
        check_password(password, email=user.email, names=names)
    except InvalidFields as refused:
        form.add_errors(refused)
        return _set_password(form, found, 422)
    password_hash = passwords.hash_password(password)
    with write_as_anybody(lock_organization=True):
        user = OneTimeCode.use(code, *SETS_PASSWORD).user
        change_password(user, password_hash, kind="password_set", actor=user)
    # By name: somebody else may be logged in here.
    flash_message(_("The password of %(email)s is set. Log in with it.", email=isolated(user.email)))
    return redirect(url_for("auth.login"))


def _set_password(form: SetPasswordForm, found: OneTimeCode, status: int = 200) -> Response:
    values = {"form": form, "email": found.user.email}
    return render("auth/set_password.html", "auth/_set_password.html", status, **values)


@auth.errorhandler(LinkGone)
def link_gone(refused: LinkGone) -> Response:
    """Say how to get another link."""
    hint = _("To get a new one, choose “Forgot your password?” on the login page.") if mail_is_set_up() else NO_MAIL
    return on_domain_error(LinkGone(f"{refused} {hint}"))

"""A link to set a password, mailed to whoever forgot theirs; without mail, whom to ask for one."""

from flask import Response, url_for
from flask_babel import gettext as _

from ls.accounts import password_links
from ls.accounts.emails import check_email
from ls.blueprints.auth.blueprint import auth
from ls.blueprints.auth.forms import ForgotPasswordForm
from ls.blueprints.auth.views import throttled
from ls.exceptions import InvalidFields, Throttled
from ls.mail.outbox import mail_is_set_up
from ls.models.event import audit_context
from ls.names import isolated
from ls.web.auth import form_checks_csrf, public, write_as_anybody
from ls.web.forms import BaseForm
from ls.web.htmx import flash_message, redirect, render


@auth.get("/user/forgot-password/")
@public
def forgot_password_page() -> Response:
    """The form, or whom to ask."""
    return _forgot_password(ForgotPasswordForm())


@auth.post("/user/forgot-password/", endpoint="forgot_password")
@public
@form_checks_csrf
def forgot_password() -> Response:
    """Mail a link; the answer and the work are the same for every email, so they tell nobody who has an account."""
    form = ForgotPasswordForm()
    if not mail_is_set_up():
        return _forgot_password(form, 409)
    if not form.validate():
        return _forgot_password(form, 422)
    try:
        email, key = check_email(form.email.data or "")
        password_links.reserve(key, audit_context().address)
    except InvalidFields as refused:
        form.add_errors(refused)
        return _forgot_password(form, 422)
    except Throttled as refused:
        return throttled(_forgot_password, form, refused)
    with write_as_anybody(lock_organization=True):
        password_links.mail_if_known(email, key)
    sent = _("If %(email)s has an account here, a link to set a password is on its way.", email=isolated(email))
    flash_message(sent + " " + _("It works for one hour, and once. Look into the spam folder too."), "info")
    return redirect(url_for("auth.login"))


def _forgot_password(form: BaseForm, status: int = 200) -> Response:
    return render("auth/forgot_password.html", "auth/_forgot_password.html", status, form=form)

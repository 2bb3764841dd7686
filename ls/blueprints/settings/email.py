"""Changing one's own email."""

from flask import Response
from flask_babel import gettext as _
from flask_login import current_user

from ls.accounts import change_email, rate_limit
from ls.accounts.change_email import EMAIL_CHANGES
from ls.accounts.rate_limit import Bucket
from ls.blueprints.settings.blueprint import settings
from ls.blueprints.settings.forms import EmailForm
from ls.blueprints.settings.sections import own_password_form, show, show_throttled
from ls.blueprints.settings.views import show_saved
from ls.exceptions import InvalidFields, Throttled
from ls.web.auth import form_checks_csrf, write_as_current_user
from ls.web.forms import BaseForm


@settings.post("/email")
@form_checks_csrf
def email() -> Response:
    """Change the email that the user logs in with, with mail once the new one is confirmed; sessions go on."""
    form = own_password_form(EmailForm())
    if not form.validate():
        return show("email", 422, email_form=form, problem=form.problem)
    current = form.current_password.data if "current_password" in form else None
    try:
        change = change_email.prepare_change(current_user, current or "", form.email.data or "")
        rate_limit.reserve(Bucket(EMAIL_CHANGES, str(current_user.id)))
        with write_as_current_user(lock_organization=True) as user:
            is_changed = change.apply(user)
    except InvalidFields as refused:
        form.add_errors(refused)
        return show("email", 422, email_form=form, problem=form.problem)
    except Throttled as refused:
        return show_throttled("email", refused)
    changed, asked = (
        _("Email changed. Log in with the new one from now on."),
        _("A link is on its way to the new email."),
    )
    return show_saved("email", changed if is_changed else asked)


@settings.post("/email/cancel")
@form_checks_csrf
def email_cancel() -> Response:
    """Forget the email that waits for its confirmation."""
    if not (form := BaseForm()).validate():
        return show("email", 422, problem=form.problem)
    with write_as_current_user() as user:
        change_email.cancel(user)
    return show_saved("email", _("Your email stays as it is."))

"""Changing one's own email."""

from flask import Response
from flask_babel import gettext as _
from flask_login import current_user

from ls.accounts.change_email import prepare_change
from ls.blueprints.settings.blueprint import settings
from ls.blueprints.settings.forms import EmailForm
from ls.blueprints.settings.sections import own_password_form, show, show_throttled
from ls.blueprints.settings.views import show_saved
from ls.exceptions import InvalidFields, Throttled
from ls.web.auth import form_checks_csrf, write_as_current_user


@settings.post("/email")
@form_checks_csrf
def email() -> Response:
    """Change the email that the user logs in with; sessions go on."""
    form = own_password_form(EmailForm())
    if not form.validate():
        return show("email", 422, email_form=form, problem=form.problem)
    current = form.current_password.data if "current_password" in form else None
    try:
        change = prepare_change(current_user, current or "", form.email.data or "")
        with write_as_current_user(lock_organization=True) as user:
            change.apply(user)
    except InvalidFields as refused:
        form.add_errors(refused)
        return show("email", 422, email_form=form, problem=form.problem)
    except Throttled as refused:
        return show_throttled("email", refused)
    return show_saved("email", _("Email changed. Log in with the new one from now on."))

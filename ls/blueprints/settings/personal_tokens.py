"""Personal tokens: made, shown once, and revoked."""

from flask import Response
from flask_babel import gettext as _

from ls.accounts import jwt_tokens
from ls.blueprints.settings.blueprint import settings
from ls.blueprints.settings.sections import show
from ls.blueprints.settings.views import show_saved
from ls.exceptions import Conflict, Forbidden
from ls.web.auth import form_checks_csrf, write_as_current_user
from ls.web.forms import BaseForm


@settings.post("/personal-tokens")
@form_checks_csrf
def personal_token() -> Response:
    """Make one and show it in the answer, as no page after this one can: only its hash is stored."""
    if not (form := BaseForm()).validate():
        return show("token", 422, problem=form.problem)
    try:
        with write_as_current_user(lock_organization=True) as user:
            _row, made = jwt_tokens.create(user)
    except (Conflict, Forbidden) as refused:
        return show("token", refused.status, problem=refused)
    return show("token", 201, made=made)


@settings.post("/personal-tokens/<int:token_id>/delete")
@form_checks_csrf
def personal_token_delete(token_id: int) -> Response:
    """Revoke it: neither it nor its access tokens work any more."""
    if not (form := BaseForm()).validate():
        return show("token", 422, problem=form.problem)
    with write_as_current_user(lock_organization=True) as user:
        jwt_tokens.revoke(user, token_id)
    return show_saved("token", _("Token revoked. It does not work any more."))

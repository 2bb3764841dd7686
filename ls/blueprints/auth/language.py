"""The language of pages."""

from flask import Response, request, session
from flask_babel import gettext as _
from flask_login import current_user

from ls.blueprints.auth.blueprint import auth
from ls.exceptions import DomainError
from ls.web.auth import public, write_as_current_user
from ls.web.htmx import redirect, safe_next
from ls.web.i18n import LANGUAGES


@auth.post("/user/language", endpoint="language")
@public
def language() -> Response:
    """Use this language: in the account of a member, in the cookie of a visitor."""
    wanted = request.form.get("language", "")
    if wanted not in LANGUAGES:
        raise DomainError(_("This language is not offered."))
    if current_user.is_authenticated:
        with write_as_current_user() as user:
            user.change_profile(language=wanted)
    session["language"] = wanted
    return redirect(safe_next(request.values.get("next")) or request.script_root + "/")

"""The sections of Account & Settings: as the whole page, or one of them as a fragment."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, current_app, make_response, render_template, request
from flask_login import current_user

from ls.accounts import jwt_tokens
from ls.blueprints.settings.forms import AccountForm, EmailForm, PasswordForm
from ls.exceptions import Throttled
from ls.mail.outbox import mail_is_set_up
from ls.models import ApiToken, OneTimeCode
from ls.models.one_time_code import CONFIRM
from ls.projects.counters import contribution_totals
from ls.queries.linked import linked_totals
from ls.queries.sessions import list_sessions
from ls.web.htmx import flashed_beside, is_fragment

Form = TypeVar("Form", EmailForm, PasswordForm)


def show(section: str, status: int = 200, *, problem: Any = None, saved: Any = None, **given: Any) -> Response:
    """Render the section for htmx, else the whole page.

    `problem` and `saved` are messages shown in the section; `given` are values for the templates, such as a form.
    """
    values = {"problems": {section: problem}, "picture_errors": (), "preview": None, "is_menu_changed": False, **given}
    if is_fragment():
        values |= {"saved": {section: saved}, "is_menu_changed": saved is not None}
        return make_response(render_template(f"settings/_{section}.html", **VALUES[section]() | values), status)
    for read_values in dict.fromkeys(VALUES.values()):
        values = read_values() | values
    return make_response(render_template("settings/account.html", saved=flashed_beside(), **values), status)


def show_throttled(section: str, refused: Throttled) -> Response:
    """Say in the section that there were too many attempts."""
    response = show(section, refused.status, problem=refused)
    response.headers["Retry-After"] = str(refused.retry_after)
    return response


def own_password_form(form: Form) -> Form:
    """The form; a user without a password is not asked for it."""
    if current_user.password_hash is None:
        del form.current_password
    return form


def _email() -> dict[str, Any]:
    waiting = OneTimeCode.of(current_user, CONFIRM) if mail_is_set_up() else None
    return {"email_form": own_password_form(EmailForm(formdata=None)), "waiting": waiting}


def _account() -> dict[str, Any]:
    return {"account_form": AccountForm(formdata=None, obj=current_user)}


def _password() -> dict[str, Any]:
    return {"password_form": own_password_form(PasswordForm(formdata=None))}


def _token() -> dict[str, Any]:
    token, site = ApiToken.of(current_user), current_app.config["HOST"] or request.url_root.rstrip("/")
    curl = f'curl -H "Authorization: Token {token}" {site}/api/current-user/whoami'
    return {"token": token, "curl": curl, "personal_tokens": jwt_tokens.valid_tokens(current_user), "made": None}


def _sessions() -> dict[str, Any]:
    found = list_sessions(current_user)
    return {"sessions": found.shown, "more": found.total - len(found.shown)}


def _membership() -> dict[str, Any]:
    annotations, projects = contribution_totals(current_user.id)
    if current_user.organization.label_studio_url:
        there = linked_totals(current_user.id)
        annotations, projects = annotations + there[0], projects + there[1]
    return {"annotations": annotations, "projects": projects}


# What each section reads.
VALUES: dict[str, Callable[[], dict[str, Any]]] = {
    "profile": _account,
    "picture": dict,
    "email": _email,
    "password": _password,
    "token": _token,
    "sessions": _sessions,
    "membership": _membership,
    "appearance": _account,
}

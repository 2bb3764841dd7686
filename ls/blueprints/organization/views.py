"""The views of the organization page, whose sections are saved one by one. Every member may change it."""

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from ls.accounts import organization as verbs
from ls.blueprints.organization.forms import NameForm, PolicyForm, TokenForm
from ls.exceptions import InvalidFields
from ls.mail.outbox import send_again
from ls.queries.mail import read_queue
from ls.queries.storage import read_storage
from ls.web.auth import form_checks_csrf, write_as_current_user
from ls.web.forms import BaseForm
from ls.web.htmx import flash_message, flashed_beside, is_fragment, redirect

organization = Blueprint("organization", __name__, url_prefix="/organization")

# Each section has one field by which a request shows that it carries the section.
CARRIED = {"max_session_age": "sessions", "use_defaults": "sessions", "personal_token_days": "tokens"}
FORMS = {"name": "name_form", "sessions": "policy_form", "tokens": "token_form"}


@organization.get("/settings")
def settings() -> Response:
    """Show the page."""
    return _show("name")


@organization.post("/settings")
@form_checks_csrf
def settings_save() -> Response:
    """Save the section that the request carries."""
    section = next((name for field, name in CARRIED.items() if field in request.form), "name")
    form, saved = {"name": _save_name, "sessions": _save_policy, "tokens": _save_tokens}[section]()
    if not saved:
        return _show(section, 422, problem=form.problem, **{FORMS[section]: form})
    if is_fragment():
        return _show(section, saved=_("Saved"))
    flash_message(_("Saved"), f"beside {section}")
    return redirect(url_for("organization.settings", _anchor=section))


@organization.post("/mail/<int:mail_id>/send")
def mail_send(mail_id: int) -> Response:
    """Try a message that has failed anew."""
    with write_as_current_user():
        send_again(mail_id)
    if is_fragment():
        return _show("mail", saved=_("It is being sent again."))
    flash_message(_("It is being sent again."), "beside mail")
    return redirect(url_for("organization.settings", _anchor="mail"))


def _save_name() -> tuple[BaseForm, bool]:
    form = NameForm()
    if not form.validate():
        return form, False
    try:
        values = {field: form[field].data or "" for field in ("title", "contact_info") if field in request.form}
        with write_as_current_user(lock_organization=True) as user:
            verbs.change(user.organization, **values)
    except InvalidFields as refused:
        form.add_errors(refused)
    return form, not form.errors


def _save_policy() -> tuple[BaseForm, bool]:
    if "use_defaults" in request.form:
        form: Any = BaseForm()
        seconds = dict.fromkeys(("session_max_idle", "session_max_age")) if form.validate() else None
    else:
        form = PolicyForm()
        seconds = form.seconds(current_user.organization)
    if seconds is None:
        return (form if isinstance(form, PolicyForm) else PolicyForm.of(current_user.organization)), False
    with write_as_current_user(lock_organization=True) as user:
        verbs.change_session_policy(user.organization, **seconds)
    return form, True


def _save_tokens() -> tuple[BaseForm, bool]:
    form = TokenForm()
    if not form.validate():
        return form, False
    values = {name: value for name, value in form.data.items() if name != "csrf_token"}
    with write_as_current_user(lock_organization=True) as user:
        verbs.change_token_settings(user.organization, **values)
    return form, True


def _show(section: str, status: int = 200, *, problem: Any = None, saved: Any = None, **given: Any) -> Response:
    """Render the section for htmx, else the whole page."""
    found = current_user.organization
    forms = {
        "name_form": NameForm(formdata=None, obj=found),
        "policy_form": PolicyForm.of(found),
        "token_form": TokenForm(formdata=None, obj=found),
    }
    values = {
        "organization": found,
        "mail": read_queue(),
        **forms,
        "problems": {section: problem},
        "saved": {section: saved},
        **given,
    }
    if is_fragment():
        return make_response(render_template(f"organization/_{section}.html", **values), status)
    values["saved"] = flashed_beside()
    return make_response(render_template("organization/settings.html", storage=read_storage(), **values), status)

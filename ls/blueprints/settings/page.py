"""What the sections of the page show, and how one answers: alone for htmx, else within the page."""

from collections.abc import Callable
from typing import Any

from flask import Response, current_app, make_response, render_template, request, url_for
from flask_babel import lazy_gettext as _l

from ls.blueprints.settings.forms import AccountForm, PasswordForm, PictureForm
from ls.models import ApiToken, Contribution, LoginSession
from ls.web.current import me
from ls.web.htmx import go, is_fragment, say

SAVED = {
    "profile": _l("Profile saved"),
    "picture": _l("Picture saved"),
    "password": _l("Password changed. Every other device is signed out."),
    "token": _l("New token made. The old one does not work any more."),
    "sessions": _l("Signed out there"),
    "appearance": _l("Appearance and language saved"),
}


def answer(section: str, status: int = 200, **given: Any) -> Response:
    """The section, or the whole page with it, showing the forms and messages that are given."""
    if is_fragment():
        page = render_template(f"settings/_{section}.html", **_values([section], given), fragment=True)
    else:
        page = render_template("settings/account.html", **_values([*EXTRAS], given), fragment=False)
    return make_response(page, status)


def done(section: str, message: Any = None) -> Response:
    """It is saved: said beside the section's button, at once or after a redirect to the section."""
    if is_fragment():
        return answer(section, saved=message or SAVED[section])
    say_beside(section, message)
    return go(url_for("settings.account", _anchor=section))


def say_beside(section: str, message: Any = None) -> None:
    """Leave the message for the page that follows, beside the section's button."""
    say(message or SAVED[section], f"beside {section}")


def password_form(**options: Any) -> PasswordForm:
    """The form; somebody who has no password yet is not asked for it."""
    form = PasswordForm(**options)
    if not me().has_password:
        del form.current_password
    return form


def _values(sections: list[str], given: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "user": me(),
        "saved": None,
        "preview": None,
        "account_form": AccountForm(formdata=None, obj=me()),
        "picture_form": PictureForm(formdata=None),
        "password_form": password_form(formdata=None),
        "problem": None,
    }
    for section in sections:
        values |= EXTRAS.get(section, dict)()
    return values | given


def _token() -> dict[str, Any]:
    token, site = ApiToken.of(me()), current_app.config["HOST"] or request.url_root.rstrip("/")
    return {"token": token, "curl": f'curl -H "Authorization: Token {token}" {site}/api/current-user/whoami'}


def _sessions() -> dict[str, Any]:
    here = me().login
    found = LoginSession.of(me(), me().team, here=here.id if here else None)
    return {"sessions": found.shown, "more": found.total - len(found.shown), "here": here}


def _membership() -> dict[str, Any]:
    annotations, projects = Contribution.totals(me())
    return {"annotations": annotations, "projects": projects, "organization": me().team}


EXTRAS: dict[str, Callable[[], dict[str, Any]]] = {
    "token": _token,
    "sessions": _sessions,
    "membership": _membership,
}

"""The views of People: the list, one person, deactivation, and the invite link."""

from functools import partial
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from ls.accounts.deletion import deactivate, reactivate
from ls.blueprints.people.filter import DEFAULT, list_url, parse_filter
from ls.exceptions import SignupOpen
from ls.models import Organization, User
from ls.queries.people import get_person, list_people, person_details
from ls.web.auth import public, write_as_current_user
from ls.web.htmx import flash_message, is_fragment, redirect, render
from ls.web.own_names import is_loopback

people = Blueprint("people", __name__)


@people.get("/people/")
def index() -> Response:
    """Show a page of the list."""
    wanted, after, before = parse_filter(), request.args.get("after"), request.args.get("before")
    page = list_people(wanted, after=after, before=before)
    values: dict[str, Any] = {
        "people": page.rows,
        "details": None,
        "filter": wanted,
        "list_url": partial(list_url, wanted),
        "previous_url": list_url(wanted, before=page.previous) if page.previous else None,
        "next_url": list_url(wanted, after=page.next) if page.next else None,
        "is_alone": wanted == DEFAULT and current_user.organization.members_count == 1,
    }
    response = render("people/index.html", "people/_found.html", **values)
    if is_fragment():
        response.headers["HX-Push-Url"] = list_url(wanted, after=after, before=before)
    return response


@people.get("/people/<int:user_id>")
def person(user_id: int) -> Response:
    """Show what a person worked on; `open=0` is their closed row."""
    if is_fragment() and request.args.get("open") == "0":
        return make_response(render_template("people/_rows.html", people=[get_person(user_id)], details=None))
    return _person(user_id)


def _person(user_id: int) -> Response:
    found = get_person(user_id)
    values: dict[str, Any] = {"person": found, "people": [found], "details": person_details(user_id)}
    return render("people/person.html", "people/_opened.html", **values)


@people.post("/people/<int:user_id>/deactivation")
def deactivation(user_id: int) -> Response:
    """Deactivate a member; the message offers to undo it."""
    with write_as_current_user(lock_organization=True):
        user = User.find(user_id)
        deactivate(user)
        name = user.display_name
    undo = url_for("people.deactivation_delete", user_id=user_id)
    target = f"#person-{user_id}" if is_fragment() else None
    flash_message(_("%(name)s is deactivated and logged out everywhere.", name=name), "success", undo=(undo, target))
    return _changed(user_id)


@people.post("/people/<int:user_id>/deactivation/delete")
def deactivation_delete(user_id: int) -> Response:
    """Reactivate a member."""
    with write_as_current_user(lock_organization=True):
        user = User.find(user_id)
        reactivate(user)
        name = user.display_name
    flash_message(_("%(name)s can log in again.", name=name), "success")
    return _changed(user_id)


def _changed(user_id: int) -> Response:
    return _person(user_id) if is_fragment() else redirect(url_for("people.index"))


@people.get("/people/invite")
def invite() -> Response:
    """Show the invite link, which does not change it; `open=0` closes the panel."""
    if is_fragment() and request.args.get("open") == "0":
        return make_response('<div id="invite"></div>')
    return _invite()


@people.post("/people/invite/reset")
def invite_reset() -> Response:
    """Make a new link; the old one stops working. While sign-up is open, say how to close it."""
    try:
        with write_as_current_user(lock_organization=True):
            Organization.get().reset_invite()
    except SignupOpen as refused:
        return _invite(refused.status, problem=str(refused))
    if is_fragment():
        return _invite(is_new=True)
    flash_message(_("This is the new link. The old one does not work any more."), "success")
    return redirect(url_for("people.invite"))


def _invite(status: int = 200, problem: str | None = None, *, is_new: bool = False) -> Response:
    organization = Organization.get()
    link = invite_url(organization)
    is_local = is_loopback(urlsplit(link).netloc)
    values = {"link": link, "is_local": is_local, "is_closed": organization.signup_is_closed}
    return render("people/invite.html", "people/_invite.html", status, problem=problem, is_new=is_new, **values)


def invite_url(organization: Organization) -> str:
    """The invite link on the setting HOST where there is one, else on the host of this request."""
    host: str = current_app.config["HOST"]
    base = host.removesuffix(current_app.config["PREFIX"]) if host else request.host_url.rstrip("/")
    return base + url_for("auth.signup", token=organization.invite_token)


@people.get("/organization")
@public
def organization() -> Response:
    """Redirect from where older releases of Label Studio have the page."""
    return redirect(url_for("people.index"), 301)

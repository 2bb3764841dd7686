"""The views of People: the list, one person, deactivation, and the invite link."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from ls.accounts import password_links
from ls.accounts.deletion import deactivate, reactivate
from ls.blueprints.people.blueprint import people
from ls.blueprints.people.filter import DEFAULT, Address
from ls.exceptions import SignupOpen
from ls.models import Organization, User
from ls.models.event import audit_context
from ls.names import isolated
from ls.queries.pagination import Page
from ls.queries.people import LAST, list_people, place_of
from ls.queries.person import details_of, get_person
from ls.web.auth import public, write_as_current_user
from ls.web.htmx import flash_message, is_fragment, redirect, render
from ls.web.own_names import is_loopback


@people.get("/people/")
def index() -> Response:
    """Show a page of the list, with the rows open that the address names."""
    address = Address.parse()
    wanted, opened = address.filter, address.opened
    page = list_people(wanted, after=address.after, before=address.before, showing=next(iter(opened), None))
    place = place_of(wanted, page)
    shown = [person.id for person in page.rows if person.id in opened]
    values: dict[str, Any] = {
        "people": page.rows,
        "details": details_of(shown) if shown else {},
        "address": address,
        "filter": wanted,
        "place": place,
        "pages": _page_urls(address, page),
        "is_alone": wanted == DEFAULT and current_user.organization.members_count == 1,
    }
    response = render("people/index.html", "people/_found.html", **values)
    if is_fragment():
        response.headers["HX-Push-Url"] = address.url()
    return response


def _page_urls(address: Address, page: Page[Any]) -> dict[str, str | None]:
    return {
        "first": address.page_url() if page.previous else None,
        "prev": address.page_url(before=page.previous) if page.previous else None,
        "next": address.page_url(after=page.next) if page.next else None,
        "last": address.page_url(before=LAST) if page.next else None,
    }


@people.get("/people/<int:user_id>")
def person(user_id: int) -> Response:
    """Show what a person worked on; as a fragment it is their row, which the address of the list then names.

    `open=0` is their closed row.
    """
    if not is_fragment():
        return _person(user_id)
    current, is_closing = _current_address(), request.args.get("open") == "0"
    address = current or Address(DEFAULT)
    address = address.closing(user_id) if is_closing else address.opening(user_id)
    response = _row(user_id, address) if is_closing else _person(user_id, address)
    if current is not None:
        response.headers["HX-Push-Url"] = address.url()
    return response


def _row(user_id: int, address: Address) -> Response:
    values = {"people": [get_person(user_id)], "details": {}, "address": address}
    return make_response(render_template("people/_rows.html", **values))


def _current_address() -> Address | None:
    """What the browser that asks for a fragment shows, if that is the list."""
    try:
        url = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:  # it says what is no URL
        return None
    is_list = url.path.rstrip("/") == url_for("people.index").rstrip("/")
    return Address.parse(MultiDict(parse_qsl(url.query))) if is_list else None


def _person(user_id: int, address: Address | None = None) -> Response:
    found = get_person(user_id)
    values: dict[str, Any] = {"person": found, "people": [found], "details": details_of([user_id])}
    address = address or Address(DEFAULT)
    return render("people/person.html", "people/_opened.html", **values, address=address)


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


@people.post("/people/<int:user_id>/password-link")
def password_link(user_id: int) -> Response:
    """Mail a member a link to set a password; no other member is shown one, or could take any account with it."""
    found = User.find(user_id)
    password_links.reserve(found.email_key or "", audit_context().address)
    with write_as_current_user(lock_organization=True):
        password_links.mail_to(found)
        said = _("A link to set a password is on its way to %(email)s.", email=isolated(found.email))
    flash_message(said, "success")
    return _changed(user_id)


def _changed(user_id: int) -> Response:
    """The row, open in the list as it is shown; without JavaScript the list."""
    return _person(user_id, _current_address()) if is_fragment() else redirect(url_for("people.index"))


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
    link = url_for("auth.signup", token=organization.invite_token, _external=True)
    is_local = is_loopback(urlsplit(link).netloc)
    values = {"link": link, "is_local": is_local, "is_closed": organization.signup_is_closed}
    return render("people/invite.html", "people/_invite.html", status, problem=problem, is_new=is_new, **values)


@people.get("/organization")
@public
def organization() -> Response:
    """Redirect from where older releases of Label Studio have the page."""
    return redirect(url_for("people.index"), 301)


@people.get("/people/keyboard")
def keyboard() -> Response:
    """List the keys of the page."""
    return make_response(render_template("people/keyboard.html"))

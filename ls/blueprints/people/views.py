"""The views: the list, one person, her standing, and the invite link."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ls.blueprints.people import page
from ls.exceptions import NotFound, SignupOpen
from ls.links import invite_url
from ls.models import Organization, User
from ls.queries.people import listing
from ls.queries.person import Person, details, row_of
from ls.web.access import public
from ls.web.current import acting
from ls.web.frame import part
from ls.web.htmx import go, is_fragment, render, say
from ls.web.templates import page as whole

people = Blueprint("people", __name__)


@people.get("/people/")
def index() -> Response:
    """The list."""
    wanted = page.asked()
    found = listing(wanted, after=request.args.get("after"), before=request.args.get("before"))
    listed = page.listed(wanted, found)
    if not is_fragment():
        return make_response(whole("people/index.html", {"q": wanted.q, "list": listed}))
    response = make_response(part("people/_found.html", {"list": listed, "said": page.said(found)}))
    cursor = {name: request.args.get(name) for name in ("after", "before")}
    response.headers["HX-Push-Url"] = page.address(wanted, **cursor)
    return response


@people.get("/people/<int:user_id>")
def person(user_id: int) -> Response:
    """What one person worked on; `open=0` is her closed row."""
    if is_fragment() and request.args.get("open") == "0":
        return make_response(page.rows([_person(user_id)]))
    return _opened(user_id)


def _person(user_id: int) -> Person:
    found = row_of(user_id)
    if found is None:
        raise NotFound
    return found


def _opened(user_id: int) -> Response:
    found = _person(user_id)
    row = page.opened(found, details(user_id))
    if is_fragment():
        return make_response(part("people/_opened.html", {"row": row}))
    return make_response(render_template("people/person.html", person=found, row=row))


@people.post("/people/<int:user_id>/deactivation")
def deactivation(user_id: int) -> Response:
    """Put somebody out; the message offers to take it back."""
    with acting():
        user = User.find(user_id)
        user.deactivate()
        name = user.display_name
    undo = url_for("people.deactivation_delete", user_id=user_id)
    target = f"#person-{user_id}" if is_fragment() else None
    say(_("%(name)s is deactivated and signed out everywhere.", name=name), "success", undo=(undo, target))
    return _changed(user_id)


@people.post("/people/<int:user_id>/deactivation/delete")
def deactivation_delete(user_id: int) -> Response:
    """Let somebody in again."""
    with acting():
        user = User.find(user_id)
        user.reactivate()
        name = user.display_name
    say(_("%(name)s can log in again.", name=name), "success")
    return _changed(user_id)


def _changed(user_id: int) -> Response:
    return _opened(user_id) if is_fragment() else go(url_for("people.index"))


@people.get("/people/invite")
def invite() -> Response:
    """The invite link; looking changes nothing. `open=0` closes the panel."""
    if is_fragment() and request.args.get("open") == "0":
        return make_response('<div id="invite"></div>')
    return _invite()


@people.post("/people/invite/reset")
def invite_reset() -> Response:
    """A new link, the old one dead; while sign-up is open it says how to close it."""
    try:
        with acting():
            Organization.lock().reset_invite()
    except SignupOpen as refused:
        return _invite(refused.status, problem=str(refused))
    return _invite(is_new=True) if is_fragment() else _reset_done()


def _reset_done() -> Response:
    say(_("This is the new link. The old one does not work any more."), "success")
    return go(url_for("people.invite"))


def _invite(status: int = 200, problem: str | None = None, *, is_new: bool = False) -> Response:
    organization = Organization.get()
    values = {
        "link": invite_url(organization),
        "is_closed": organization.signup_is_closed,
        "problem": problem,
        "is_new": is_new,
    }
    return render("people/invite.html", "people/_invite.html", status, **values)


@people.get("/organization")
@public
def organization() -> Response:
    """Where older bookmarks point."""
    return redirect(url_for("people.index"), 301)  # type: ignore[return-value]  # Werkzeug's and Flask's responses are one here

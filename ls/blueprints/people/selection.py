"""Deactivating and reactivating several people at once."""

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from ls.accounts.deletion import deactivate_all, reactivate_all
from ls.blueprints.people.blueprint import people
from ls.blueprints.people.filter import selected_ids
from ls.exceptions import OneselfForbidden
from ls.queries.people import PeopleFilter, list_people
from ls.web.auth import write_as_current_user
from ls.web.htmx import flash_message, redirect, safe_next


@people.get("/people/deactivation")
def several_deactivation_page() -> Response:
    """Ask whether these people are to be deactivated."""
    return _question()


@people.post("/people/deactivation")
def several_deactivation() -> Response:
    """Deactivate all of them, or nobody; the message offers to undo it."""
    ids = selected_ids()
    try:
        with write_as_current_user(lock_organization=True):
            changed = deactivate_all(ids)
    except OneselfForbidden as refused:
        return _question(refused.status)
    number = len(changed)
    text = ngettext(
        "%(num)d person is deactivated and logged out everywhere.",
        "%(num)d people are deactivated and logged out everywhere.",
        number,
    )
    return _done(text, "people.several_reactivation", changed)


@people.post("/people/reactivation")
def several_reactivation() -> Response:
    """Reactivate all of them; the message offers to undo it."""
    ids = selected_ids()
    with write_as_current_user(lock_organization=True):
        changed = reactivate_all(ids)
    text = ngettext("%(num)d person can log in again.", "%(num)d people can log in again.", len(changed))
    return _done(text, "people.several_deactivation", changed)


def _done(text: str, undo: str, changed: list[int]) -> Response:
    back = _back()
    if changed:
        flash_message(text, "success", undo=(url_for(undo, person=changed, next=back), None))
    else:
        flash_message(_("Nothing had to be changed."))
    return redirect(back)


def _question(status: int = 200) -> Response:
    ids = selected_ids()
    found = list_people(PeopleFilter(), ids=ids, size=len(ids) + 1).rows
    oneself = next((person.display_name for person in found if person.id == current_user.id), None)
    values = {"people": found, "oneself": oneself, "back": _back()}
    return make_response(render_template("people/deactivation.html", **values), status)


def _back() -> str:
    return safe_next(request.values.get("next")) or url_for("people.index")

"""Invitations: the list, inviting several people at once, sending again, and revoking."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from ls.accounts import rate_limit
from ls.accounts.emails import emails_in
from ls.accounts.invitations import MOST_EMAILS, WRONG, Line, Terms, invite, send_again
from ls.blueprints.people.blueprint import people
from ls.exceptions import InvalidFields, Throttled
from ls.mail.outbox import mail_is_set_up
from ls.models import Invitation
from ls.queries.invitations import list_invitations, used_by
from ls.spreadsheet import csv_lines
from ls.web.auth import form_checks_csrf, write_as_current_user
from ls.web.forms import OnceForm
from ls.web.htmx import flash_message, redirect, render

NAMED = 5  # of those who used an invitation
LIFETIMES = [
    SelectChoice("1h", _l("1 hour")),
    SelectChoice("1d", _l("1 day")),
    SelectChoice("7d", _l("7 days")),
    SelectChoice("30d", _l("30 days")),
    SelectChoice("never", _l("as long as nobody revokes it")),
]


class InvitationForm(OnceForm):
    """Whom to invite, and on which terms."""

    emails = TextAreaField(_l("Email addresses"))
    note = StringField(_l("Note"))
    expires = SelectField(_l("Valid for"), choices=LIFETIMES, default="7d", validate_choice=False)
    uses = StringField(_l("Number of uses"))


@people.get("/people/invitations/")
def invitations() -> Response:
    """Show the invitations, newest first, and the form."""
    return _invitations(InvitationForm(formdata=None))


@people.post("/people/invitations/", endpoint="invite_several")
@form_checks_csrf
def create() -> Response:
    """Invite, and say what became of each address; what is wrong stays in the form."""
    form = InvitationForm()
    if not form.validate():
        return _invitations(form, 422)
    try:
        with write_as_current_user(lock_organization=True) as user:
            sent = form.submission(str(user.id))
            if rate_limit.is_noted(sent):
                return redirect(url_for("people.invitations"))
            terms = Terms.parse(form.note.data, form.expires.data, form.uses.data)
            lines = invite(emails_in(form.emails.data or ""), terms, user, skip_wrong=True)
            links = [(line.email, _link(line.invitation)) for line in lines if line.invitation]
            rate_limit.note(sent)
    except InvalidFields as refused:
        form.add_errors(refused)
        return _invitations(form, 422)
    except Throttled as refused:
        form.problem = refused.message
        return _invitations(form, 429)
    wrong = "\n".join(line.email for line in lines if line.status == WRONG)
    kept = {name: form[name].data for name in ("note", "expires", "uses")} | {"emails": wrong} if wrong else None
    return _invitations(InvitationForm(formdata=None, data=kept), lines=lines, links=links)


def _link(invitation: Invitation) -> str:
    return url_for("auth.signup", token=invitation.token, _external=True)


def _invitations(
    form: InvitationForm, status: int = 200, lines: Sequence[Line] = (), links: Sequence[tuple[str, str]] = ()
) -> Response:
    """The page; after inviting, what became of each address, and a table of the links (CSV, base64)."""
    page = list_invitations(after=request.args.get("after"), before=request.args.get("before"))
    url = url_for("people.invitations")
    values: dict[str, Any] = {
        "invitations": page.rows,
        "used_by": used_by(page.rows, NAMED),
        "link_of": _link,
        "has_mail": mail_is_set_up(),
        "left_out": [line for line in lines if line.invitation is None],
        "links": links,
        "table": b64encode("".join(csv_lines(("email", "link"), links)).encode()).decode(),
        "most_emails": MOST_EMAILS,
        "previous_url": f"{url}?before={page.previous}" if page.previous else None,
        "next_url": f"{url}?after={page.next}" if page.next else None,
    }
    return render("people/invitations.html", "people/_invitations.html", status, form=form, **values)


@people.post("/people/invitations/<int:invitation_id>/send", endpoint="invitation_send")
def send(invitation_id: int) -> Response:
    """Send an invitation by email once more."""
    with write_as_current_user() as user:
        send_again(invitation_id, user)
    flash_message(_("The invitation is sent again."), "success")
    return redirect(url_for("people.invitations"))


@people.post("/people/invitations/<int:invitation_id>/revoke", endpoint="invitation_revoke")
def revoke(invitation_id: int) -> Response:
    """End an invitation."""
    with write_as_current_user():
        Invitation.lock_for_update(invitation_id).revoke()
    flash_message(_("The invitation is revoked. Its link does not work any more."), "success")
    return redirect(url_for("people.invitations"))

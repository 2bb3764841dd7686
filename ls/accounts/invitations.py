"""Inviting: what each address is, and an invitation for each one that is new; and whom an invitation lets sign up."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ls.accounts import rate_limit
from ls.accounts.emails import check_email
from ls.accounts.import_people import TWICE, known_accounts
from ls.accounts.rate_limit import Bucket, RateLimit
from ls.accounts.sign_up import check_profile
from ls.config.address import link_to
from ls.db.extensions import db
from ls.db.types import utcnow
from ls.exceptions import Conflict, InvalidFields, Text
from ls.mail.outbox import enqueue, mail_is_set_up
from ls.models import Event, Invitation, Organization, User
from ls.models.invitation import PENDING
from ls.names import isolated, visible

MOST_EMAILS = 200
SENT = RateLimit("invitations sent", 500, timedelta(hours=1))
NEW, MEMBER, INVITED, WRONG = "new", "member", "invited", "wrong"

TOO_MANY: Text = _l("Enter at most %(number)s addresses at once.", number=MOST_EMAILS)
IS_MEMBER: Text = _l("Has an account already.")
IS_INVITED: Text = _l("Is invited already.")
WRONG_LIFETIME: Text = _l("Write 12h for hours, 7d for days, or never.")
WRONG_USES: Text = _l("Enter a whole number from 1 to 9,999, or nothing.")

_LIFETIME = re.compile("([1-9][0-9]{0,3})([hd])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1)}
_USES = re.compile("[1-9][0-9]{0,3}")


class NotSendable(Conflict):
    """Mail is not set up, or there is nobody to write to, or nothing to say."""

    message = _l("Only a pending invitation for an address can be sent, and only where mail is set up.")


@dataclass(frozen=True, slots=True)
class Terms:
    """What an invitation says, and when it ends; None: never."""

    note: str = ""
    lifetime: timedelta | None = timedelta(days=7)
    max_uses: int | None = None

    @classmethod
    def parse(cls, note: str | None, expires: str | None, uses: str | int | None) -> Self:
        """The terms as people write them, such as `7d`. Raises InvalidFields."""
        note, expires, number = visible(note or ""), expires or "7d", str("" if uses is None else uses).strip()
        check_profile({"note": note})
        lifetime = _LIFETIME.fullmatch(expires)
        if lifetime is None and expires != "never":
            raise InvalidFields({"expires": [WRONG_LIFETIME]})
        if number and not _USES.fullmatch(number):
            raise InvalidFields({"uses": [WRONG_USES]})
        span = int(lifetime[1]) * _UNITS[lifetime[2]] if lifetime else None
        return cls(note, span, int(number) if number else None)


@dataclass(frozen=True, slots=True)
class Line:
    """An address: NEW and its invitation; MEMBER, INVITED or WRONG, and why. An empty one: whoever has the link."""

    email: str = ""
    key: str | None = None
    status: str = NEW
    why: Text = ""
    invitation: Invitation | None = None


def admit(token: str | None) -> Invitation | None:
    """The invitation of this token, which lets somebody sign up; None if something else does.

    Raises SignupClosed, InviteWrong, NotSetUp, InvitationEnded.
    """
    invitation = Invitation.by_token(token) if token else None
    if invitation is None:
        Organization.get().check_signup(token)
    else:
        invitation.check()
    return invitation


def invite(emails: Sequence[str], terms: Terms, by: User | None, *, skip_wrong: bool = False) -> list[Line]:
    """What each address is, with invitations for the new ones, which are sent if mail is set up.

    Without addresses, one for whoever has its link.
    Inside `write()`, with the organization locked. Raises InvalidFields if an address is wrong; with `skip_wrong` only
    if there is no other one.
    """
    lines = _checked(emails) if emails else [Line()]
    wrong = [line for line in lines if line.status == WRONG]
    if wrong and not (skip_wrong and len(wrong) < len(lines)):
        raise InvalidFields({"emails": [f"{isolated(line.email)}: {line.why}" for line in wrong]})
    lines = [replace(line, invitation=_new(line, terms, by)) if line.status == NEW else line for line in lines]
    made = [line.invitation for line in lines if line.invitation is not None]
    db.session.add_all(made)
    db.session.flush()
    for invitation in made:
        Event.record("invitation_created", invitation=invitation.id)
        _enqueue(invitation, by)
    return lines


def _new(line: Line, terms: Terms, by: User | None) -> Invitation:
    now = utcnow()
    return Invitation(
        created_by=by,
        created_at=now,
        email=line.email or None,
        email_key=line.key,
        note=terms.note,
        expires_at=terms.lifetime and now + terms.lifetime,
        max_uses=terms.max_uses or (1 if line.email else None),
    )


def send_again(invitation_id: int, by: User) -> None:
    """Send a pending invitation to its address, inside `write()`. Raises NotFound, NotSendable."""
    invitation = Invitation.lock_for_update(invitation_id)
    if not (mail_is_set_up() and invitation.email and invitation.state == PENDING):
        raise NotSendable
    _enqueue(invitation, by)
    Event.record("invitation_sent", invitation=invitation.id)


def path_of(token: str) -> str:
    """The path of the link to sign up, by the token of an invitation or of the invite link."""
    return f"/user/signup/?token={token}"


def _enqueue(invitation: Invitation, by: User | None) -> None:
    """Send it, if it has an address. Raises Throttled: strangers, too, could have mail sent where sign-up is open."""
    if invitation.email is None:
        return
    if by is not None and mail_is_set_up():
        sent = Bucket(SENT, str(by.id))
        rate_limit.check(sent)
        rate_limit.note([sent])
    organization, until = Organization.get(), invitation.expires_at
    enqueue(
        "invitation",
        invitation.email,
        locale=by and by.language,
        lifetime=until - utcnow() if until else Terms().lifetime or timedelta(),
        organization=organization.title if organization.has_title else None,
        name=by and by.display_name,
        email=invitation.email,
        note=invitation.note,
        until=until,
        url=link_to(path_of(invitation.token)),
    )


def _checked(emails: Sequence[str]) -> list[Line]:
    """What each address is; one that stands there twice is invited by its first line."""
    if len(emails) > MOST_EMAILS:
        raise InvalidFields({"emails": [TOO_MANY]})
    lines = [_line(email) for email in emails]
    keys = [line.key for line in lines if line.key]
    invited = select(Invitation.email_key).where(Invitation.email_key.in_(keys), *Invitation.is_pending())
    seen: dict[str | None, tuple[str, Text]] = dict.fromkeys(db.session.scalars(invited), (INVITED, IS_INVITED))
    seen |= {key: (MEMBER, why or IS_MEMBER) for key, why in known_accounts(keys).items()}
    return [_met(line, seen) if line.key else line for line in lines]


def _met(line: Line, seen: dict[str | None, tuple[str, Text]]) -> Line:
    """The line as what its key was met as; notes that it was met."""
    status, why = seen.get(line.key, (line.status, line.why))
    seen.setdefault(line.key, (INVITED, TWICE))
    return replace(line, status=status, why=why)


def _line(email: str) -> Line:
    try:
        return Line(*check_email(email))
    except InvalidFields as refused:
        return Line(email, status=WRONG, why=str(refused))

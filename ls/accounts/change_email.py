"""Changing an email: checked and asked for first; with mail, a link to the new address then applies it."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_

from ls.accounts import rate_limit
from ls.accounts.change_password import WRONG, attempts, check_current_password
from ls.accounts.emails import check_email
from ls.accounts.notices import notify
from ls.accounts.rate_limit import RateLimit
from ls.accounts.sign_up import check_available
from ls.config.address import link_to
from ls.exceptions import InvalidFields, NotFound
from ls.mail.outbox import enqueue, mail_is_set_up
from ls.models import ApiToken, Event, LoginSession, OneTimeCode, PersonalToken, User
from ls.models.one_time_code import CONFIRM, LIFETIMES, MAILED, UNDO
from ls.models.user import DELETED

EMAIL_CHANGES = RateLimit("email changes", 10, timedelta(hours=1))
PATH = "/user/account/email"


@dataclass(frozen=True, slots=True)
class EmailChange:
    """A new email of one's own, checked, and the password hash that the check was made against."""

    email: str
    old_hash: str | None

    def apply(self, user: User) -> bool:
        """Inside `write_as_current_user(lock_organization=True)`: set it, or ask for its confirmation.

        Returns whether it is set. Raises InvalidFields if the password was changed meanwhile, or another account has
        the email.
        """
        if user.password_hash != self.old_hash:
            raise InvalidFields({"current_password": [WRONG]})
        rate_limit.refund([attempts(user)])
        if mail_is_set_up() and self.email != user.email:
            _ask(user, self.email)
            return False
        change_email(user, self.email)
        return True


def prepare_change(user: User, current: str, email: str) -> EmailChange:
    """Check the new email, and the current password unless there is none yet. Raises InvalidFields, Throttled."""
    email, _key = check_email(email)
    return EmailChange(email, check_current_password(user, current))


def _ask(user: User, email: str) -> None:
    """Send a link to the new address; until it is opened and confirmed, the old one stays."""
    _check_free(user, email)
    Event.record("email_change_requested", user, new_email=email)
    url = link_to(f"{PATH}/confirm/{OneTimeCode.issue(user, CONFIRM, email)}")
    enqueue(
        "email-confirmation",
        email,
        locale=user.language,
        lifetime=LIFETIMES[CONFIRM],
        old=user.email,
        new=email,
        url=url,
    )


def cancel(user: User) -> None:
    """Inside `write()`: forget the email that waits for its confirmation, if one does."""
    if OneTimeCode.delete_for(user, OneTimeCode.purpose == CONFIRM):
        Event.record("email_change_canceled", user)


def confirm(code: str) -> str:
    """Inside `write()`, with the organization locked: set the email that the link was sent to; returns it.

    Raises LinkGone, and InvalidFields if another account has the email by now.
    """
    row = OneTimeCode.use(code, CONFIRM)
    change_email(row.user, row.email, actor=row.user)
    return row.email


def change_email(user: User, email: str, *, actor: User | None = None) -> None:
    """Inside `write()`, with the organization locked: set the email; the same one again leaves no event.

    Sessions go on. Links that went to the old address stop working; with mail, it gets one that takes the change back.
    Raises InvalidFields, and NotFound for a deleted account.
    """
    user.lock_for_update()
    if user.status == DELETED:
        raise NotFound
    old, (email, key) = user.email, _check_free(user, email)
    if user.set_values(email=email, email_key=key):
        OneTimeCode.delete_for(user, OneTimeCode.purpose != UNDO)
        Event.record("email_changed", user, actor=actor, old_email=old, new_email=email)
        if mail_is_set_up():
            code = OneTimeCode.issue(user, UNDO, old)
            notify(user, "email_changed", to=old, undo_url=link_to(f"{PATH}/undo/{code}"))


def undo(code: str) -> tuple[str, str]:
    """Inside `write()`, with the organization locked: give the user the old email back.

    Returns it, and a code to set a new password: whoever changed the email knew the old one, so that works no more, and
    every session and token ends. Newer links that take a change back stop working, because they went to addresses of
    whoever made this change; older ones go on. Nobody else can have got the email meanwhile. Raises LinkGone.
    """
    row = OneTimeCode.use(code, UNDO)
    user, new = row.user, row.user.email
    email, key = _check_free(user, row.email)
    user.set_values(email=email, email_key=key, password_hash=None)
    ApiToken.issue(user)
    for credential in (PersonalToken, LoginSession):
        credential.delete_for(user)
    OneTimeCode.delete_for(user, or_(OneTimeCode.purpose != UNDO, OneTimeCode.id > row.id))
    Event.record("email_restored", user, actor=user, old_email=new, new_email=email)
    notify(user, "email_restored", to=new)
    return email, OneTimeCode.issue(user, MAILED)


def _check_free(user: User, email: str) -> tuple[str, str]:
    """The email and its key, which no other account may have. Raises InvalidFields."""
    email, key = check_email(email)
    if key != user.email_key:
        check_available(key, to=user)
    return email, key

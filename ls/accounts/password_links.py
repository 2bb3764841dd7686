"""Links to set a password: mailed to whoever forgot theirs, or shown by a command."""

from types import SimpleNamespace

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ls.accounts import rate_limit
from ls.accounts.rate_limit import Bucket, RateLimit
from ls.config.address import link_to
from ls.db.extensions import db
from ls.exceptions import Conflict
from ls.mail.outbox import enqueue, mail_is_set_up
from ls.models import Event, OneTimeCode, OutgoingMail, User
from ls.models.one_time_code import LIFETIMES, MAILED, SHOWN
from ls.security.crypto import random_id

# While no other link is sent, the last one works, so nobody keeps the owner of an account out by asking too often.
TO_ACCOUNT = RateLimit("links to account", 5, LIFETIMES[MAILED])
FROM_ADDRESS = RateLimit("links from address", 30, LIFETIMES[MAILED], of_address=True)
NOBODY = SimpleNamespace(id=0)
DEACTIVATED = _l("The account is deactivated.")
NO_MAIL = _l(
    "This server does not send mail. Ask whoever runs it for a link with which you set a new password. "
    "They get it with the command: roster user password-link --username EMAIL"
)


def reserve(key: str, address: str) -> None:
    """Count a link for this email key that somebody at this address asks for. Raises Throttled."""
    rate_limit.reserve(Bucket(FROM_ADDRESS, rate_limit.network(address)))
    rate_limit.reserve(Bucket(TO_ACCOUNT, key))


def mail_if_known(email: str, key: str) -> None:
    """Inside `write()`: mail a link to the active account with this email key, if there is one.

    For any other the same work is done, in as many statements: the message is written, and deleted again.
    """
    found = db.session.scalar(select(User).where(User.email_key == key).with_for_update(key_share=True))
    Event.record("password_forgotten", found)
    if found is not None and found.is_active:
        # Never to the address as typed: a mailbox with the same key may be that of somebody else.
        _mail(found.email, OneTimeCode.issue(found, MAILED), found.language)
        return
    OneTimeCode.delete_for(NOBODY)
    message = _mail(email, random_id(), None)
    db.session.flush()
    db.session.delete(message)


def mail_to(user: User) -> None:
    """Inside `write()`, with the organization locked: mail a link to this member. Raises Conflict."""
    if not mail_is_set_up():
        raise Conflict(NO_MAIL)
    _check(user)
    Event.record("password_link_sent", user)
    _mail(user.email, OneTimeCode.issue(user, MAILED), user.language)


def _mail(to: str, code: str, locale: str | None) -> OutgoingMail | None:
    lifetime = LIFETIMES[MAILED]
    return enqueue("password-link", to, locale=locale, lifetime=lifetime, email=to, url=link_to(path_of(code)))


def make(user: User) -> str:
    """Inside `write()`: a code that whoever runs the server hands on. Raises Conflict for a deactivated account."""
    _check(user)
    Event.record("password_link_made", user)
    return OneTimeCode.issue(user, SHOWN)


def _check(user: User) -> None:
    user.lock_for_update()
    if not user.is_active:
        raise Conflict(DEACTIVATED)


def path_of(code: str) -> str:
    """The path of the link."""
    return f"/user/set-password/{code}"

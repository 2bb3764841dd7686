"""Confirming the email of an open sign-up, where CONFIRM_EMAIL asks for it: until then nobody logs in with it."""

from datetime import datetime, timedelta

from ls.config.address import link_to
from ls.db.types import utcnow
from ls.mail.outbox import enqueue
from ls.models import Event, OneTimeCode, User
from ls.models.one_time_code import LIFETIMES, SIGN_UP

AGAIN_AFTER = timedelta(minutes=5)


def waiting_since(user: User) -> datetime | None:
    """When the link was sent by which the user still has to confirm; one to set a password confirms the email too."""
    code = OneTimeCode.of(user, SIGN_UP)
    return code.created_at if code is not None else None


def ask(user: User) -> None:
    """Inside `write()`: send the link; older ones stop working."""
    url = link_to(f"/user/account/email/sign-up/{OneTimeCode.issue(user, SIGN_UP)}")
    lifetime = LIFETIMES[SIGN_UP]
    enqueue("sign-up-confirmation", user.email, locale=user.language, lifetime=lifetime, email=user.email, url=url)


def ask_again(user: User, last: datetime) -> None:
    """Inside `write()`: send another link to who logs in with the right password, unless the last one is new."""
    if utcnow() - last >= AGAIN_AFTER:
        Event.record("confirmation_sent", user, actor=user)
        ask(user)


def confirm(code: str) -> None:
    """Inside `write()`, with the organization locked: let the user log in from now on. Raises LinkGone."""
    user = OneTimeCode.use(code, SIGN_UP).user
    Event.record("email_confirmed", user, actor=user)

"""Messages that tell an account's address what was changed, when and on which device, and how to take it back."""

from datetime import timedelta

from ls.config.address import link_to
from ls.db.types import utcnow
from ls.mail.outbox import enqueue
from ls.models import ApiToken, LoginSession, User
from ls.models.event import COMMAND_LINE, audit_context

LIFETIME = timedelta(days=3)


def reset_token(user: User) -> str:
    """Inside `write()`: give the user a new API token; the old one stops working at once."""
    token = ApiToken.reset(user)
    notify(user, "token_reset")
    return token


def end_session(user: User, session_id: int) -> None:
    """Inside `write()`: log the user out on one device. Raises NotFound, for a session of somebody else too."""
    LoginSession.end_one(user, session_id)
    notify(user, "session_ended")


def end_other_sessions(user: User) -> None:
    """Inside `write()`: log the user out on every device but the one of this request."""
    if LoginSession.end_others(user, keep=user.login):
        notify(user, "sessions_ended")


def notify(user: User, kind: str, *, to: str | None = None, undo_url: str | None = None) -> None:
    """Inside `write()`: tell the user of this kind of event; `to` is the address that a change of email replaced."""
    context = audit_context()
    enqueue(
        "account-change",
        to or user.email,
        locale=user.language,
        lifetime=LIFETIME,
        kind=kind,
        former=to,
        email=user.email,
        at=utcnow(),
        agent=context.agent,
        address=context.address,
        is_command=context.agent == COMMAND_LINE and not context.address,
        undo_url=undo_url,
        password_url=link_to("/user/forgot-password/"),
        account_url=link_to("/user/account/"),
    )

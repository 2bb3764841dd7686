"""Changing an email: the check and the change are apart, so that a confirmation by mail may stand between them."""

from dataclasses import dataclass

from ls.accounts import rate_limit
from ls.accounts.change_password import WRONG, attempts, check_current_password
from ls.accounts.emails import check_email
from ls.accounts.sign_up import check_available
from ls.exceptions import InvalidFields, NotFound
from ls.models import Event, OneTimeCode, User
from ls.models.user import DELETED


@dataclass(frozen=True, slots=True)
class EmailChange:
    """A new email of one's own, checked, and the password hash that the check was made against."""

    email: str
    old_hash: str | None

    def apply(self, user: User) -> None:
        """Inside `write_as_current_user(lock_organization=True)`: set it.

        Raises InvalidFields if the password was changed meanwhile, or another account has the email.
        """
        if user.password_hash != self.old_hash:
            raise InvalidFields({"current_password": [WRONG]})
        change_email(user, self.email)
        rate_limit.refund([attempts(user)])


def prepare_change(user: User, current: str, email: str) -> EmailChange:
    """Check the new email, and the current password unless there is none yet. Raises InvalidFields, Throttled."""
    email, _key = check_email(email)
    return EmailChange(email, check_current_password(user, current))


def change_email(user: User, email: str) -> None:
    """Inside `write()`, with the organization locked: set the email; the same one again leaves no event.

    Sessions go on. A link to set a password, which went to the old address, stops working.
    Raises InvalidFields, and NotFound for a deleted account.
    """
    email, key = check_email(email)
    user.lock_for_update()
    if user.status == DELETED:
        raise NotFound
    if key != user.email_key:
        check_available(key)
    old = user.email
    if user.set_values(email=email, email_key=key):
        OneTimeCode.delete_for(user)
        Event.record("email_changed", user, old_email=old, new_email=email)

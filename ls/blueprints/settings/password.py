"""Changing one's own password: everything slow is done before the write lock is taken."""

import hmac
import unicodedata
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from ls.accounts import rate_limit as throttle
from ls.accounts import sign_up as signup
from ls.blueprints.settings.forms import PasswordForm
from ls.exceptions import InvalidFields
from ls.models import LoginSession, User
from ls.security import passwords

WRONG = _l("That is not your current password.")
SAME = _l("Entered password is the same as current")


@dataclass(frozen=True, slots=True)
class Change:
    """A new password, checked and hashed, and the old hash that the check was made against."""

    hashed: str
    was: str | None

    def make(self, session: LoginSession) -> None:
        """Set it, inside `write()`, and end every other session. Raises InvalidFields if it came second."""
        session.user.hold()
        if session.user.password_hash != self.was:
            raise InvalidFields({"current_password" if self.was else "new_password": [WRONG]})
        throttle.forgive([_guesses(session.user)])
        session.user.change_password(self.hashed, kind="password_changed", keep=session)


def prepare(user: User, form: PasswordForm) -> Change:
    """Check the present password and the new one. Raises InvalidFields, Throttled."""
    was, wanted = user.password_hash, str(form.new_password.data)
    names = {"first_name": user.first_name, "last_name": user.last_name}
    signup.check_password(wanted, email=user.email, names=names, field="new_password")
    if was is not None:
        _check_current(user, str(form.current_password.data), wanted)
    return Change(passwords.hash_password(wanted), was)


def _check_current(user: User, typed: str, wanted: str) -> None:
    throttle.reserve(_guesses(user))
    if not passwords.verify(user.password_hash, typed):
        raise InvalidFields({"current_password": [WRONG]})
    if _same(typed, wanted):
        raise InvalidFields({"new_password": [SAME]})


def _guesses(user: User) -> throttle.Count:
    return throttle.Count(throttle.OWN_PASSWORD, str(user.id))


def _same(typed: str, wanted: str) -> bool:
    """Would both have the same hash?"""
    one, other = (unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass") for text in (typed, wanted))
    return hmac.compare_digest(one, other)

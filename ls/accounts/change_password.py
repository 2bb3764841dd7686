"""Changing a password: everything slow happens before the write lock is taken."""

import hmac
import unicodedata
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from ls.accounts import rate_limit
from ls.accounts.notices import notify
from ls.accounts.rate_limit import OWN_PASSWORD, Bucket
from ls.accounts.sign_up import check_password
from ls.exceptions import InvalidFields, NotFound
from ls.models import Event, LoginSession, OneTimeCode, User
from ls.models.one_time_code import UNDO
from ls.models.user import DELETED
from ls.security import passwords

WRONG = _l("That is not your current password.")
SAME = _l("Entered password is the same as current")


def change_password(
    user: User, password_hash: str, *, kind: str, keep: LoginSession | None = None, actor: User | None = None
) -> None:
    """Inside `write()`: set the new hash and end every session but `keep`; `kind` is that of the event.

    Links end too, but those that take the change of an email back. Raises NotFound for a deleted account.
    """
    user.lock_for_update()
    if user.status == DELETED:
        raise NotFound
    user.password_hash = password_hash
    LoginSession.delete_for(user, *([LoginSession.id != keep.id] if keep else []))
    OneTimeCode.delete_for(user, OneTimeCode.purpose != UNDO)
    Event.record(kind, user, actor=actor)
    notify(user, kind)


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """A new password of one's own, checked and hashed, and the old hash that the check was made against."""

    new_hash: str
    old_hash: str | None

    def apply(self, user: User) -> None:
        """Inside `write_as_current_user()`: set it and end every other session.

        Raises InvalidFields if the password was changed meanwhile.
        """
        if user.password_hash != self.old_hash:
            raise InvalidFields({"current_password" if self.old_hash else "new_password": [WRONG]})
        rate_limit.refund([attempts(user)])
        change_password(user, self.new_hash, kind="password_changed", keep=user.login)


def prepare_change(user: User, current: str, new: str) -> PasswordChange:
    """Check the current password, unless there is none yet, and the new one. Raises InvalidFields, Throttled."""
    names = {"first_name": user.first_name, "last_name": user.last_name}
    check_password(new, email=user.email, names=names, field="new_password")
    old_hash = check_current_password(user, current)
    if old_hash is not None and _is_same(current, new):
        raise InvalidFields({"new_password": [SAME]})
    return PasswordChange(passwords.hash_password(new), old_hash)


def check_current_password(user: User, current: str) -> str | None:
    """Check the user's password, unless there is none yet; returns its hash. Raises InvalidFields, Throttled."""
    old_hash = user.password_hash
    if old_hash is not None:
        rate_limit.reserve(attempts(user))
        if not passwords.verify(old_hash, current):
            raise InvalidFields({"current_password": [WRONG]})
    return old_hash


def attempts(user: User) -> Bucket:
    """What counts the guesses at one's own password."""
    return Bucket(OWN_PASSWORD, str(user.id))


def _is_same(current: str, new: str) -> bool:
    """Whether both have the same hash, which is made of the NFKC form."""
    one, other = (unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass") for text in (current, new))
    return hmac.compare_digest(one, other)

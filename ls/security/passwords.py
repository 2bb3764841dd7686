"""Password hashing (Argon2id, and Django's PBKDF2 to come from there) and the one password policy.

NFKC before hashing makes composed and decomposed typing of one password the same.
"""

import base64
import hashlib
import hmac
import os
import threading
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

# argon2 is imported inside _argon2(): most commands never hash, and start-up is counted in milliseconds.
if TYPE_CHECKING:
    from argon2 import PasswordHasher

MEMORY_KIB, ROUNDS, LANES = 19_456, 2, 1  # the least OWASP ASVS 5.0 accepts for Argon2id
MAX_LENGTH = 128

# Same work for "no such account": a hash of random bytes that were thrown away, with the parameters above.
_DUMMY = "$argon2id$v=19$m=19456,t=2,p=1$oQOQGrp0Gq0E6gShCglx3A$6QRg6q2mkjkvNPH57rjZ50sGQ37mi56g3TVNkg93sPQ"

# Each hash holds 19 MiB and one core. Fifty sign-ins at once would take 950 MiB and starve every other
# request, so they queue: two at a time in each process, 38 MiB, and they give way to whoever serves a page.
AT_ONCE, NICE = 2, 19

_DJANGO = "pbkdf2_sha256$"
_MOST_ITERATIONS = 10_000_000  # seconds of work; a damaged row must not hold a worker for hours

Made = TypeVar("Made")
Reason = tuple[str, dict[str, int]]


class PasswordRefused(ValueError):
    """What the policy has against a password: one (English message id, its parameters) per reason."""

    def __init__(self, reasons: list[Reason]) -> None:
        self.reasons = reasons
        super().__init__(" ".join(self.messages))

    @property
    def messages(self) -> list[str]:
        """The reasons in English, for API and commands."""
        return [message % params for message, params in self.reasons]


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "collect this, translate it later"
    return message


def hash_password(plain: str) -> str:
    """The string to store, salted anew each time; `plain` has passed check_policy."""
    return _in_turn(lambda: _argon2().hash(_normalised(plain)))


def verify(stored: str | None, plain: str) -> bool:
    """Whether `plain` is the stored password; nothing usable stored costs the same time and is False."""
    return _in_turn(lambda: _verify(stored, plain))


def _verify(stored: str | None, plain: str) -> bool:
    if stored and stored.startswith(_DJANGO):
        return _verify_django(stored, plain)
    usable = bool(stored) and _verify_argon2(stored or "", plain)
    if not usable and not _is_argon2(stored):
        _verify_argon2(_DUMMY, plain)
    return usable


def _in_turn(work: Callable[[], Made]) -> Made:
    return _hashers(os.getpid()).submit(work).result()


@cache
def _hashers(_process: int) -> ThreadPoolExecutor:
    """The threads that hash, of this process: threads do not cross a fork."""
    return ThreadPoolExecutor(AT_ONCE, "hash", _give_way)


def _give_way() -> None:
    with suppress(OSError):  # where a thread has no priority of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def needs_renewal(stored: str | None) -> bool:
    """Whether a password that verified should be hashed anew: from Django, or with other parameters."""
    if _is_argon2(stored):
        return _argon2().check_needs_rehash(stored or "")
    return bool(stored) and (stored or "").startswith(_DJANGO)


def check_policy(plain: str, *, minimum: int, email: str = "", names: Sequence[str] = ()) -> None:
    """Raises PasswordRefused unless 8 <= `minimum` <= characters <= 128 and nobody would guess it first."""
    limits = {"minimum": minimum, "maximum": MAX_LENGTH}
    rules = [
        (not _storable(plain), N_("This password contains an invalid character. Type it again.")),
        (len(plain) < minimum, N_("Use a password of at least %(minimum)d characters.")),
        (len(plain) > MAX_LENGTH, N_("Use a password of at most %(maximum)d characters.")),
        (_well_known(plain), N_("This password is well known. Choose another one.")),
        (_is_email(plain, email), N_("Choose a password that is not your e-mail address.")),
        (_is_name(plain, names), N_("Choose a password that is not your name.")),
    ]
    reasons = [(message, limits) for broken, message in rules if broken]
    if reasons:
        raise PasswordRefused(reasons)


@cache
def _argon2() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=LANES)


def _is_argon2(stored: str | None) -> bool:
    from argon2 import extract_parameters
    from argon2.exceptions import InvalidHashError

    try:
        extract_parameters(stored or "")
    except InvalidHashError:
        return False
    return True


def _verify_argon2(stored: str, plain: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _argon2().verify(stored, _normalised(plain))
    except (InvalidHashError, VerificationError):
        return False


def _verify_django(stored: str, plain: str) -> bool:
    try:
        _, iterations, salt, digest = stored.split("$")
        rounds, expected = int(iterations), base64.b64decode(digest, validate=True)
    except ValueError:
        return _verify_argon2(_DUMMY, plain) and False
    if not 1 <= rounds <= _MOST_ITERATIONS:
        return _verify_argon2(_DUMMY, plain) and False
    # Django hashed what was typed; here the other typing of it is welcome too.
    typings = {plain.encode("utf-8", "surrogatepass"), _normalised(plain)}
    made = [hashlib.pbkdf2_hmac("sha256", typing, salt.encode(), rounds) for typing in typings]
    return any(hmac.compare_digest(one, expected) for one in made)


def _normalised(plain: str) -> bytes:
    # A sign-in attempt may hold a lone surrogate: it is then simply wrong, not an error.
    return unicodedata.normalize("NFKC", plain).encode("utf-8", "surrogatepass")


def _storable(plain: str) -> bool:
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in plain)


def _well_known(plain: str) -> bool:
    return _folded(plain) in _known_passwords()


@cache
def _known_passwords() -> frozenset[str]:
    text = Path(__file__).with_name("known_passwords").joinpath("list.txt").read_text(encoding="utf-8")
    return frozenset(text.splitlines())


def _is_email(plain: str, email: str) -> bool:
    address = _folded(email)
    return bool(address) and _folded(plain) in {address, address.rpartition("@")[0]}


def _is_name(plain: str, names: Sequence[str]) -> bool:
    parts = [part for part in map(_spaceless, names) if part]
    return _spaceless(plain) in {*parts, "".join(parts), "".join(reversed(parts))} - {""}


def _spaceless(text: str) -> str:
    return "".join(_folded(text).split())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()

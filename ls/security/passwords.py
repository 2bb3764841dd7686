"""Password hashing: Argon2id, and Django's PBKDF2 for accounts that come from there.

NFKC before hashing makes composed and decomposed typing of a password the same.
"""

import base64
import hashlib
import hmac
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from ls.exceptions import Throttled

# The weakest parameters that OWASP ASVS 5.0 accepts for Argon2id: 19 MiB, two rounds.
_argon2 = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

# Verified where there is no account, so that this takes as long: a hash of random bytes, with the same parameters.
_DUMMY = "$argon2id$v=19$m=19456,t=2,p=1$oQOQGrp0Gq0E6gShCglx3A$6QRg6q2mkjkvNPH57rjZ50sGQ37mi56g3TVNkg93sPQ"

# A hash uses 19 MiB and a core, so each process makes two at a time; more would slow down every other request.
_turn = threading.BoundedSemaphore(2)
# Those that wait for a turn hold a thread of the server each, so some threads are left to pages.
_queue = threading.BoundedSemaphore(56)

_DJANGO = "pbkdf2_sha256$"
_DJANGO_BYTES = 32  # of the digest
_MOST_ITERATIONS = 10_000_000  # seconds of work; a damaged hash must not keep a worker busy for hours


def hash_password(plain: str) -> str:
    """The string to store, with a new salt each time. Raises Throttled if too many hashes are waited for."""
    with _hashing():
        return _argon2.hash(_normalized(plain))


def verify(stored: str | None, plain: str) -> bool:
    """Whether `plain` is the stored password. Without a usable hash: False, after the same work.

    Raises Throttled if too many hashes are waited for.
    """
    with _hashing():
        if stored and stored.startswith(_DJANGO):
            return _verify_django(stored, plain)
        return _verify_argon2(stored or _DUMMY, plain)


@contextmanager
def _hashing() -> Iterator[None]:
    """Wait for a turn. Raises Throttled if too many wait already."""
    if not _queue.acquire(blocking=False):
        raise Throttled(retry_after=1)
    try:
        with _turn:
            yield
    finally:
        _queue.release()


def is_django_hash(stored: str) -> bool:
    """Whether this is a hash of Django's that `verify` can check."""
    return _django_parts(stored) is not None


def needs_renewal(stored: str) -> bool:
    """Whether a verified password should be hashed again: it comes from Django or has other parameters."""
    return stored.startswith(_DJANGO) or _argon2.check_needs_rehash(stored)


def _verify_argon2(stored: str, plain: str) -> bool:
    try:
        return _argon2.verify(stored, _normalized(plain))
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError):
        return _refuse(plain)


def _verify_django(stored: str, plain: str) -> bool:
    parts = _django_parts(stored)
    if parts is None:
        return _refuse(plain)
    rounds, salt, expected = parts
    # Django does not normalize: a password hashed there matches as it was typed there.
    candidates = {plain.encode("utf-8", "surrogatepass"), _normalized(plain)}
    made = [hashlib.pbkdf2_hmac("sha256", candidate, salt, rounds) for candidate in candidates]
    return any(hmac.compare_digest(one, expected) for one in made)


def _django_parts(stored: str) -> tuple[int, bytes, bytes] | None:
    """Rounds, salt and digest; None if no password can match."""
    try:
        name, iterations, salt, digest = stored.split("$")
        rounds, expected = int(iterations), base64.b64decode(digest, validate=True)
        is_whole = f"{name}$" == _DJANGO and 1 <= rounds <= _MOST_ITERATIONS and len(expected) == _DJANGO_BYTES
        return (rounds, salt.encode(), expected) if is_whole else None
    except ValueError:
        return None


def _refuse(plain: str) -> bool:
    """False, after the work of one verification."""
    with suppress(VerificationError):
        _argon2.verify(_DUMMY, _normalized(plain))
    return False


def _normalized(plain: str) -> bytes:
    # A login attempt may hold a lone surrogate: then it is wrong, and no error.
    return unicodedata.normalize("NFKC", plain).encode("utf-8", "surrogatepass")

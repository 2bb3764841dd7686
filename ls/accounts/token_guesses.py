"""Guessing API tokens is slowed by address, and no right token is locked out by it where that can be avoided.

- A wrong token is counted once within the window, so that a script with a dead one slows nobody, and writes nothing
  each time it calls.
- A random token or a signed one cannot be guessed: it is never slowed, and costs no statement.
- A token that somebody chose is refused while its address is slowed, unless it came from there before: a right guess
  must not be answered any faster than a wrong one.
"""

from ls.accounts import rate_limit
from ls.accounts.jwt_tokens import is_signed_here
from ls.accounts.rate_limit import KNOWN_TOKEN, TOKEN, WRONG_TOKEN, Bucket, network
from ls.exceptions import Throttled
from ls.models import ApiToken


def check_right(credential: str, address: str) -> list[Bucket]:
    """Check that this right credential may come in; what `rate_limit.note` knows it by. Raises Throttled."""
    if ApiToken.is_random(credential) or is_signed_here(credential):
        return []
    known = [Bucket(KNOWN_TOKEN, f"{credential}\0{network(address)}")]
    try:
        rate_limit.check(_guesses(address))
    except Throttled:
        if not rate_limit.is_noted(known):
            raise
    return known


def count_wrong(credential: str, address: str) -> None:
    """Count this wrong credential, unless it has been counted. Raises Throttled."""
    wrong = Bucket(WRONG_TOKEN, f"{credential}\0{network(address)}")
    if is_signed_here(credential) or rate_limit.is_noted([wrong]):
        return
    rate_limit.check(_guesses(address))
    rate_limit.reserve(_guesses(address), noting=[wrong])


def _guesses(address: str) -> Bucket:
    return Bucket(TOKEN, network(address))

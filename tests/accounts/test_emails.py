"""An email that is no address: what is wrong with it."""

import pytest

from ls.accounts.emails import BLANK, HALF, INVALID, NO_AT, NO_DOT, TWO_ATS, check_email
from ls.exceptions import InvalidFields


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("default_user@localhost", NO_DOT),
        ("pia@intranet\u200b", NO_DOT),
        ("anna", NO_AT),
        ("", NO_AT),
        ("a@b@example.org", TWO_ATS),
        ("an na@example.org", BLANK),
        ("@example.org", HALF),
        ("anna@", HALF),
        ("anna..b@example.org", INVALID),
    ],
)
def test_it_says_what_is_wrong(email: str, said: object) -> None:
    with pytest.raises(InvalidFields) as refused:
        check_email(email)
    assert refused.value.errors == {"email": [said]}


def test_it_is_kept_as_typed_but_for_what_cannot_be_seen() -> None:
    assert check_email("\u202aAnna＠Example.org\u202c ") == ("Anna@Example.org", "anna@example.org")

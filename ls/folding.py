"""Brings texts into one spelling, so that they compare alike whatever keyboard or language they were typed with."""

import unicodedata

from ls.names import full_name, visible

KEY_LENGTH = 200  # what PostgreSQL can index of four-byte letters, with room to spare
SEARCH_BYTES = 1500  # what fits into an index of PostgreSQL beside an email; a longer text is cut

ACCENTS = dict.fromkeys(range(0x300, 0x370))  # combining marks; translate() drops what maps to None
# Letters with a stroke and ligatures do not decompose in Unicode.
LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t", "æ": "ae", "œ": "oe"})


def folded(text: str) -> str:
    """The text without differences of case, accents, width, composition and white space."""
    lower = unicodedata.normalize("NFKC", text).casefold()
    plain = unicodedata.normalize("NFKD", lower).translate(ACCENTS).translate(LETTERS)
    return " ".join(unicodedata.normalize("NFC", plain).split())


def name_key(email: str, first_name: str, last_name: str) -> str:
    """What lists of people are sorted by in the order of names: the name, else the email."""
    return folded(full_name(first_name, last_name) or email)[:KEY_LENGTH]


def search_text(email: str, first_name: str, last_name: str) -> str:
    """What people are found by: email and both orders of the name, a line each.

    A word of a query has no white space, so the name has none here either: 李明 finds 李 明, and 明李 too.
    """
    first, last = ("".join(folded(visible(name)).split()) for name in (first_name, last_name))
    lines = dict.fromkeys((folded(email), first + last, last + first))
    text = "\n".join(filter(None, lines))
    return text.encode()[:SEARCH_BYTES].decode(errors="ignore")

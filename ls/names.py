"""Names as people read them: what counts as one, in which order, with which initials; and how they stand in a text."""

from functools import lru_cache

import regex

_VISIBLE = regex.compile(r"[^\p{Z}\p{M}\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800\U0001D159]")
# Names in Chinese, Japanese and Korean letters.
_FAMILY_FIRST = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}ー・\s]+")
_LETTERS = regex.compile(r"[\p{L}\p{N}\p{So}]")
_RIGHT_TO_LEFT = regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}\p{Bidi_Class=AN}\u202a-\u202e\u2066-\u2069]")
_ISOLATES = dict.fromkeys(range(0x2066, 0x206A))  # translate() drops what maps to None
FSI, PDI = "\u2068", "\u2069"


def visible(text: str) -> str:
    """The text without outer blanks; empty if nothing of it can be seen."""
    return text.strip() if _VISIBLE.search(text) else ""


@lru_cache(maxsize=4096)
def full_name(first_name: str, last_name: str) -> str:
    """First and last name; the family name first and no blank between, where all letters are Chinese or the like."""
    first, last = visible(first_name), visible(last_name)
    if _FAMILY_FIRST.fullmatch(first) and _FAMILY_FIRST.fullmatch(last):
        return last + first
    return f"{first} {last}".strip()


@lru_cache(maxsize=4096)
def initials(first_name: str, last_name: str, email: str) -> str:
    """Two letters of first and last name, else of the email, as Label Studio forms them.

    A letter is what a reader takes for one: with its accents, a flag, a family of emoji.
    """
    first, last = _letters(first_name), _letters(last_name)
    if first and last:
        is_family_first = len(full_name(first_name, last_name).split()) == 1
        return last[0] + first[0] if is_family_first else first[0] + last[0]
    return "".join((first or last or _letters(email))[:2])


def _letters(text: str) -> list[str]:
    clusters = regex.findall(r"\X", text) if _VISIBLE.search(text) else []
    return [cluster for cluster in clusters if _LETTERS.search(cluster)] or [
        cluster for cluster in clusters if _VISIBLE.search(cluster)
    ]


@lru_cache(maxsize=4096)
def isolated(text: str) -> str:
    """The text as a part of a sentence, which it cannot turn round (U+2068 and U+2069 around it, where it might)."""
    return FSI + text.translate(_ISOLATES) + PDI if _RIGHT_TO_LEFT.search(text) else text

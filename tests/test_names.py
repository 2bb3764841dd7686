"""Names as people read them, whatever letters they have."""

import pytest

from ls.models.user import email_key
from ls.names import full_name, initials, isolated, visible

UNSEEN = ["\u3164", "\u2800", "\u00ad", "\u200b\u200d", "\u115f", "\u1160", "\uffa0", "\U000e0041", "\ufe0f", " \u3000"]


@pytest.mark.parametrize("text", UNSEEN)
def test_what_cannot_be_seen_is_no_name(text: str) -> None:
    assert (visible(text), full_name(text, "Berg"), initials(text, text, "bob@example.org")) == ("", "Berg", "bo")


@pytest.mark.parametrize(
    ("first", "last", "shown", "letters"),
    [
        ("Ada", "Berg", "Ada Berg", "AB"),
        ("Ada", "", "Ada", "Ad"),
        ("明", "李", "李明", "李明"),
        ("太郎", "山田", "山田太郎", "山太"),
        ("길동", "홍", "홍길동", "홍길"),
        ("Ming", "李", "Ming 李", "M李"),
        ("明", "", "明", "明"),
        ("\U0001f1e9\U0001f1ea Ada", "Berg", "\U0001f1e9\U0001f1ea Ada Berg", "\U0001f1e9\U0001f1eaB"),
        ("E\u0301mile", "Zola", "E\u0301mile Zola", "E\u0301Z"),
        ("\u200eAnna", "Berg", "\u200eAnna Berg", "AB"),
        ("'t", "Hooft", "'t Hooft", "tH"),
    ],
)
def test_names_are_in_the_order_of_their_language(first: str, last: str, shown: str, letters: str) -> None:
    assert (full_name(first, last), initials(first, last, "x@example.org")) == (shown, letters)


def test_a_name_cannot_turn_a_sentence_round() -> None:
    assert isolated("Ada 李 É") == "Ada 李 É"
    assert isolated("דוד") == "\u2068דוד\u2069"
    assert isolated("a\u2069\u202eb\u2066") == "\u2068a\u202eb\u2069"


@pytest.mark.parametrize(
    "typed",
    [*(f"{sign}anna@exam{sign}ple.org{sign}" for sign in "\u200b\ufeff\u2060\u202a\u202c\u00ad\u3164"),
     " anna@example.org\u00a0", "anna＠example．org", "anna@example。org"],
)  # fmt: skip
def test_an_email_is_the_same_with_what_copying_and_other_keyboards_add(typed: str) -> None:
    assert email_key(typed) == "anna@example.org"

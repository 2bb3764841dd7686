"""Texts that a person would call the same are folded into the same."""

import sys
import unicodedata

import pytest

from ls.folding import SEARCH_BYTES, folded, name_key, search_text

LETTERS = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        *(("José Muñoz", "jose munoz"), ("MÜLLER", "muller"), ("Weiß", "weiss"), ("Ångström", "angstrom")),
        *(("Rene\u0301e", "renee"), ("Søren Łukasz Đặng", "soren lukasz dang"), ("İpek IŞIK ışık", "ipek isik isik")),
        *(("王\u3000小明", "王 小明"), ("ＬＴＤ", "ltd"), (" a \t\u00a0 b\n", "a b"), ("Æsir Œuvre", "aesir oeuvre")),
        *(("が", "が"), ("한글", "한글"), ("नि", "नि"), ("Й", "и"), ("", "")),
    ],
)
def test_differences_that_do_not_matter_are_dropped(text: str, plain: str) -> None:
    assert folded(text) == plain


def test_folding_is_stable_and_independent_of_composition_and_case() -> None:
    for letter in LETTERS:
        plain = folded(letter)
        variants = (plain, unicodedata.normalize("NFD", letter), letter.upper(), letter.lower())
        assert {folded(variant) for variant in variants} == {plain}, hex(ord(letter))


def test_a_name_is_sorted_without_accents_and_falls_back_to_the_email() -> None:
    assert name_key("x@example.org", "Änne", "Öz") == "anne oz"
    assert name_key("Bob@example.org", "", "") == "bob@example.org"


def test_a_name_is_searched_in_both_orders() -> None:
    assert search_text("li@example.org", "明", "李") == "li@example.org\n明李\n李明"
    assert search_text("li@example.org", "Ann Mary", "") == "li@example.org\nannmary"
    assert search_text("", "", "") == ""


def test_a_text_that_no_index_holds_is_cut_between_two_letters() -> None:
    text = search_text("a@example.org", "王" * 256, "明" * 256)
    assert SEARCH_BYTES - 3 < len(text.encode()) <= SEARCH_BYTES
    assert text.endswith("明")

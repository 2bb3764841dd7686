"""The password policy: what is refused, and every reason at once."""

import unicodedata
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st

from ls.security import password_policy
from ls.security.password_policy import password_problems

GOOD = "violet-Lantern 42"
SHORT = "Use a password of at least 8 characters."
LONG = "Use a password of at most 128 characters."
KNOWN = "This password is well known. Choose another one."
EMAIL = "Choose a password that is not your email address."
NAME = "Choose a password that is not your name."
INVALID = "This password contains an invalid character. Type it again."


def reasons(plain: str, minimum: int = 8, email: str = "", names: tuple[str, ...] = ()) -> list[str]:
    problems = password_problems(plain, minimum=minimum, email=email, names=names)
    return [str(problem) for problem in problems]


def test_lengths_are_counted_in_characters() -> None:
    assert reasons("x7" * 64) == []
    assert reasons("x7" * 64 + "x") == [LONG]
    assert reasons("密" * 8) == []
    assert reasons("密" * 7) == [SHORT]
    assert reasons("😀" * 128) == []
    assert reasons("😀" * 129) == [LONG]
    assert reasons("x7y8z9w") == [SHORT]
    assert reasons("") == [SHORT]


def test_the_minimum_is_the_installations() -> None:
    assert reasons("x7y8z9wq", minimum=12) == ["Use a password of at least 12 characters."]
    assert reasons("x7y8z9wqx7y8", minimum=12) == []


@pytest.mark.parametrize(
    "plain",
    [
        "password",
        "PASSWORD",
        "Password1",
        "12345678",
        "iloveyou",
        "labelstudio",
        "ｐａｓｓｗｏｒｄ",
        "correcthorsebatterystaple",
    ],
)
def test_a_well_known_password_is_refused(plain: str) -> None:
    assert reasons(plain) == [KNOWN]


def test_part_of_a_well_known_password_is_not_well_known() -> None:
    assert reasons("password-of-my-own") == []
    assert reasons("12345678\n123456789") == []


@pytest.mark.parametrize("plain", ["anna.kim@example.org", "Anna.Kim@Example.org", "anna.kim", "ANNA.KIM"])
def test_the_address_and_its_first_half_are_refused(plain: str) -> None:
    assert reasons(plain, email="anna.kim@example.org") == [EMAIL]


@pytest.mark.parametrize(
    "plain", ["Bartholomew", "bartholomew", "Fitzgerald", "BartholomewFitzgerald", "fitzgerald  bartholomew"]
)
def test_the_name_is_refused_however_it_is_spaced(plain: str) -> None:
    assert reasons(plain, names=("Bartholomew", "Fitzgerald")) == [NAME]


def test_an_empty_name_or_address_refuses_nothing() -> None:
    assert reasons(GOOD, email="", names=("", " ")) == []
    assert reasons("        ", names=("", "")) == []


@pytest.mark.parametrize("character", ["\0", "\ud800", "x\udfffy"])
def test_characters_that_cannot_be_kept_are_named(character: str) -> None:
    assert reasons(GOOD + character) == [INVALID]


def test_every_reason_is_given_at_once() -> None:
    assert reasons("pass\0", email="pass\0@example.org") == [INVALID, SHORT, EMAIL]
    assert reasons("password", minimum=9, email="password@example.org", names=("Password",)) == [
        "Use a password of at least 9 characters.",
        KNOWN,
        EMAIL,
        NAME,
    ]


def test_reasons_are_in_the_readers_language(app: Flask) -> None:
    problems = password_problems("short", minimum=8)
    assert [str(problem) for problem in problems] == [SHORT]
    with app.test_request_context(), force_locale("zh_Hans"):
        assert [str(problem) for problem in problems] == ["密码至少需要 8 个字符。"]


def test_no_composition_rules() -> None:
    assert reasons("orange tide lamp") == []
    assert reasons("8402957163") == []


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_judged_without_an_error(plain: str) -> None:
    reasons(plain, email=plain, names=(plain,))


def test_the_list_is_folded_sorted_and_counted_in_its_readme() -> None:
    folder = Path(password_policy.__file__).with_name("known_passwords")
    words = (folder / "list.txt").read_text(encoding="utf-8").splitlines()
    assert words == sorted(set(words))
    assert all(len(word) >= 8 and unicodedata.normalize("NFKC", word).casefold() == word for word in words)
    assert f"{len(words):,} passwords" in (folder / "README.md").read_text(encoding="utf-8")

"""Passwords are hashed as a whole, and verified with the same work whatever is stored."""

import base64
import hashlib
import threading
import unicodedata

import argon2
import pytest

from ls.security import passwords
from ls.security.passwords import hash_password, needs_renewal, verify

GOOD = "violet-Lantern 42"


def django_hash(plain: str, rounds: int = 1_000, salt: str = "abcSALT") -> str:
    made = hashlib.pbkdf2_hmac("sha256", plain.encode(), salt.encode(), rounds)
    return f"pbkdf2_sha256${rounds}${salt}${base64.b64encode(made).decode()}"


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stored hashes that Argon2 was really asked to verify, in order."""
    asked: list[str] = []
    real = argon2.PasswordHasher.verify

    def verify_and_note(self: argon2.PasswordHasher, stored: str, plain: bytes) -> bool:
        answer = real(self, stored, plain)
        asked.append(stored)
        return bool(answer)

    def note(self: argon2.PasswordHasher, stored: str, plain: bytes) -> bool:
        try:
            return verify_and_note(self, stored, plain)
        except argon2.exceptions.VerifyMismatchError:
            asked.append(stored)
            raise

    monkeypatch.setattr(argon2.PasswordHasher, "verify", note)
    return asked


def test_a_hash_is_argon2id_with_the_promised_parameters() -> None:
    stored = hash_password(GOOD)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert stored != hash_password(GOOD)
    assert verify(stored, GOOD)
    assert not verify(stored, GOOD + " ")
    assert not needs_renewal(stored)


def test_nothing_is_cut_after_72_bytes() -> None:
    stored = hash_password("a" * 72)
    assert not verify(stored, "a" * 73)
    assert not verify(stored, "a" * 71)
    assert verify(hash_password("a" * 127 + "b"), "a" * 127 + "b")
    assert not verify(hash_password("a" * 127 + "b"), "a" * 127 + "c")


def test_composed_and_decomposed_typing_are_one_password() -> None:
    composed = unicodedata.normalize("NFC", "Überraschungsgäste")
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    for chosen, typed in [(composed, decomposed), (decomposed, composed)]:
        assert verify(hash_password(chosen), typed)
    assert verify(hash_password("ｆｕｌｌ width"), "full width")


def test_case_and_spaces_count() -> None:
    stored = hash_password(" Two Words ")
    assert not verify(stored, " two words ")
    assert not verify(stored, "Two Words")


def test_a_django_hash_verifies_and_is_renewed() -> None:
    stored = django_hash(GOOD)
    assert verify(stored, GOOD)
    assert not verify(stored, "wrong")
    assert needs_renewal(stored)
    # as Django 5.2's own hasher wrote it
    planted = "pbkdf2_sha256$1000$saltsalt$HNGwcQvzD+XoAcp737PIKvsbw1iN+UZuOlxpG29H9Hg="
    assert verify(planted, "violet-Lantern 42")
    assert not verify(planted, "violet-Lantern 43")


def test_a_django_hash_knows_the_password_as_it_was_typed_there() -> None:
    decomposed = unicodedata.normalize("NFD", "Überraschung")
    assert verify(django_hash(decomposed), decomposed)
    assert verify(django_hash("Überraschung"), decomposed)


@pytest.mark.parametrize(
    "hasher",
    [
        argon2.PasswordHasher(time_cost=1, memory_cost=19_456, parallelism=1),
        argon2.PasswordHasher(time_cost=2, memory_cost=8_192, parallelism=1),
        argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=argon2.Type.I),
    ],
)
def test_weaker_argon2_verifies_and_is_renewed(hasher: argon2.PasswordHasher) -> None:
    stored = hasher.hash(GOOD)
    assert verify(stored, GOOD)
    assert not verify(stored, "wrong")
    assert needs_renewal(stored)


UNUSABLE = [None, "", "!", "!unusable", "plain text", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1$broken"]
BROKEN_DJANGO = [
    "pbkdf2_sha256$",
    "pbkdf2_sha256$x$salt$aGFzaA==",
    "pbkdf2_sha256$1$salt$not base64",
    "pbkdf2_sha256$0$salt$aGFzaA==",
    "pbkdf2_sha256$-5$salt$aGFzaA==",
    "pbkdf2_sha256$999999999999$salt$aGFzaA==",
]


@pytest.mark.parametrize("stored", [*UNUSABLE, *BROKEN_DJANGO])
def test_nothing_usable_is_never_right_but_costs_one_hash(stored: str | None, work: list[str]) -> None:
    assert not verify(stored, GOOD)
    assert sum(one.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for one in work) == 1


@pytest.mark.parametrize("plain", ["right", "wrong"])
def test_a_real_account_costs_one_hash_too(plain: str, work: list[str]) -> None:
    stored = hash_password("right")
    assert verify(stored, plain) == (plain == "right")
    assert work == [stored]


def test_the_dummy_has_the_parameters_of_a_real_hash() -> None:
    assert not needs_renewal(passwords._DUMMY)  # noqa: SLF001 - drift between the two would tell who has an account


@pytest.mark.parametrize("plain", ["\ud800", "\0", "", "x" * 100_000])
def test_odd_guesses_are_simply_wrong(plain: str) -> None:
    assert not verify(hash_password(GOOD), plain)
    assert not verify(django_hash(GOOD), plain)
    assert not verify(None, plain)


def test_at_most_two_hash_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, now, most = threading.Lock(), 0, 0
    real = argon2.PasswordHasher.verify

    def counted(self: argon2.PasswordHasher, stored: str, plain: bytes) -> bool:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        try:
            return bool(real(self, stored, plain))
        finally:
            with lock:
                now -= 1

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counted)
    stored = hash_password(GOOD)
    answers: list[bool] = []
    threads = [threading.Thread(target=lambda: answers.append(verify(stored, GOOD))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 16
    assert most == 2

"""Keys derived from one secret: what is encrypted can be read with it only, for its purpose, and undamaged."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ls.security.crypto import Keyring, Undecipherable, digest, random_id, random_token

SECRET = "a secret of this installation alone, 64 bytes or so"


@pytest.fixture(scope="module")
def keyring() -> Keyring:
    return Keyring(SECRET)


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_comes_back(keyring: Keyring, text: str) -> None:
    assert Keyring(SECRET).decrypt("api-token", keyring.encrypt("api-token", text)) == text


def test_a_blob_hides_its_text_and_never_repeats(keyring: Keyring) -> None:
    blobs = {keyring.encrypt("api-token", "0123456789abcdef") for _ in range(100)}
    assert len(blobs) == 100
    assert len({blob[:12] for blob in blobs}) == 100
    assert all(b"0123456789abcdef" not in blob and len(blob) == 12 + 16 + 16 for blob in blobs)


def test_another_secret_or_purpose_opens_nothing(keyring: Keyring) -> None:
    blob = keyring.encrypt("api-token", "text")
    for other, purpose in [(Keyring(SECRET + "x"), "api-token"), (keyring, "api-tokens"), (keyring, "")]:
        with pytest.raises(Undecipherable):
            other.decrypt(purpose, blob)


def test_every_damage_is_noticed(keyring: Keyring) -> None:
    blob = keyring.encrypt("api-token", "text")
    for i in range(len(blob)):
        damaged = blob[:i] + bytes([blob[i] ^ 1]) + blob[i + 1 :]
        with pytest.raises(Undecipherable):
            keyring.decrypt("api-token", damaged)
        with pytest.raises(Undecipherable):
            keyring.decrypt("api-token", blob[:i])
    with pytest.raises(Undecipherable):
        keyring.decrypt("api-token", blob + b"\0")


def test_undecipherable_is_a_value_error_that_tells_no_text(keyring: Keyring) -> None:
    with pytest.raises(ValueError, match=r"^The blob was not made with this key for this purpose$"):
        keyring.decrypt("other", keyring.encrypt("api-token", "hidden"))


def test_a_lookup_is_steady_keyed_and_apart_by_purpose(keyring: Keyring) -> None:
    found = keyring.lookup("api-token", "abc")
    assert len(found) == 32
    assert found == Keyring(SECRET).lookup("api-token", "abc")
    others = {
        keyring.lookup("api-token", "abd"),
        keyring.lookup("invite", "abc"),
        Keyring(SECRET + "x").lookup("api-token", "abc"),
        digest("abc"),
    }
    assert len(others | {found}) == 5


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "x" * 100_000, "密"])
def test_odd_text_can_be_looked_up(keyring: Keyring, text: str) -> None:
    assert len(keyring.lookup("api-token", text)) == len(digest(text)) == 32


def test_a_signed_token_follows_secret_purpose_and_nonce(keyring: Keyring) -> None:
    token = keyring.sign_token("invite", b"nonce")
    assert re.fullmatch("[0-9a-f]{40}", token)
    assert token == Keyring(SECRET).sign_token("invite", b"nonce")
    others = {
        keyring.sign_token("invite", b"nonce2"),
        keyring.sign_token("reset", b"nonce"),
        Keyring("another").sign_token("invite", b"nonce"),
        keyring.lookup("invite", "nonce").hex()[:40],
    }
    assert token not in others
    assert len(others) == 4


def test_keys_stay_the_same_from_version_to_version() -> None:
    fixed = Keyring("0" * 32)
    assert fixed.lookup("api-token", "abc").hex() == "5c12e5916302cc5c4445ded95658746bc94a6689b551bd729e72eabf9e7481b1"
    assert fixed.sign_token("invite", b"nonce") == "27dc39ad3c2d2efc127a8dd71ce1fb572e09c624"
    assert (
        fixed.decrypt("api-token", bytes.fromhex("29f3b36571f61f8e74b3bea6cd29c4d479efce1e4ebc1fefa0dbcda0c0a3a276"))
        == "kept"
    )


def test_an_empty_secret_is_no_secret() -> None:
    with pytest.raises(ValueError, match="empty"):
        Keyring("")


def test_a_keyring_does_not_show_its_secret(keyring: Keyring) -> None:
    assert SECRET not in repr(keyring)


def test_random_names_are_long_and_never_the_same() -> None:
    tokens, ids = {random_token() for _ in range(1_000)}, {random_id() for _ in range(1_000)}
    assert len(tokens) == len(ids) == 1_000
    assert all(re.fullmatch("[0-9a-f]{40}", token) for token in tokens)
    assert all(re.fullmatch("[A-Za-z0-9_-]{43}", one) for one in ids)


def test_digest_is_sha_256() -> None:
    assert digest("abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

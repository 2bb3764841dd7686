"""Encryption, keyed look-ups and signatures, each with a key of its own derived from the secret key."""

import hashlib
import hmac
import secrets
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from ls.validation import token_in

_SALT = b"labelling-server/keyring/1"  # fixed and public: separates these keys from any other use of the secret
_NONCE_BYTES = 12  # 96 bits, as GCM requires
_TAG_BYTES = 16


class Undecipherable(ValueError):
    """The blob was made with another key or for another purpose, or it is damaged."""


class Keyring:
    """Keys derived from one secret with HKDF-SHA256: one per use and purpose."""

    def __init__(self, secret: str) -> None:
        if not secret:
            raise ValueError("The secret key is empty")
        self._secret = secret

    def encrypt(self, purpose: str, text: str) -> bytes:
        """Nonce and AES-256-GCM ciphertext, bound to `purpose`; different each time."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._key("encrypt", purpose)).encrypt(nonce, _bytes(text), _bytes(purpose))

    def decrypt(self, purpose: str, blob: bytes) -> str:
        """The text that was given to `encrypt`. Raises Undecipherable."""
        if len(blob) < _NONCE_BYTES + _TAG_BYTES:
            raise Undecipherable("The blob is too short")
        nonce, ciphertext = blob[:_NONCE_BYTES], blob[_NONCE_BYTES:]
        try:
            plain = AESGCM(self._key("encrypt", purpose)).decrypt(nonce, ciphertext, _bytes(purpose))
        except InvalidTag as error:
            raise Undecipherable("The blob was not made with this key for this purpose") from error
        return plain.decode("utf-8", "surrogatepass")

    def lookup(self, purpose: str, text: str) -> bytes:
        """A keyed hash of 32 bytes to find `text` by in the database."""
        return hmac.digest(self._key("lookup", purpose), _bytes(text), "sha256")

    def signing_key(self, purpose: str) -> bytes:
        """A key of 32 bytes for a library that signs."""
        return self._key("jwt", purpose)

    def sign_token(self, purpose: str, nonce: bytes) -> str:
        """40 lower-case hexadecimal characters (160 bits) that can be made of `nonce` with this secret only."""
        return hmac.digest(self._key("sign", purpose), nonce, "sha256").hex()[:40]

    def _key(self, use: str, purpose: str) -> bytes:
        return _derived_key(self._secret, f"{use}:{purpose}")


@cache
def _derived_key(secret: str, info: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=_SALT, info=_bytes(info)).derive(_bytes(secret))


def keyring() -> Keyring:
    """The keyring of the application's secret key."""
    return Keyring(current_app.config["SECRET_KEY"])


@cache
def cookie_suffix(secret_key: str, host: str) -> str:
    """8 hexadecimal characters that are the same on all servers of an installation, and others for a copy elsewhere."""
    return Keyring(secret_key).lookup("cookie", f"session{host}").hex()[:8]


def random_token() -> str:
    """40 random hexadecimal characters (160 bits), for an API token."""
    return secrets.token_hex(20)


def random_id() -> str:
    """43 random URL-safe characters (256 bits), for a session."""
    return secrets.token_urlsafe(32)


def is_same_token(given: str, secret: str) -> bool:
    """Whether the token that was given, with what was pasted around it, is the secret one; in constant time."""
    return hmac.compare_digest(secret.encode(), _bytes(token_in(given)))


def digest(text: str) -> bytes:
    """SHA-256, for long random secrets only. What can be guessed needs passwords.py or `Keyring.lookup`."""
    return hashlib.sha256(_bytes(text)).digest()


def _bytes(text: str) -> bytes:
    # Text from outside may hold a lone surrogate: then it matches nothing, and is no error.
    return text.encode("utf-8", "surrogatepass")

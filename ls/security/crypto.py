"""What the secret key makes: encryption at rest, keyed look-ups and signed tokens, each with its own key."""

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

# cryptography is imported inside functions: most commands and pages need none of it, and it is slow to load.
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_SALT = b"labelling-server/keyring/1"  # fixed and public: parts our keys from any other use of the secret
_NONCE_BYTES = 12  # 96 bits, as GCM wants it
_TAG_BYTES = 16


class Undecipherable(ValueError):
    """The blob was made with another key, for another purpose, or is damaged."""


class Keyring:
    """Keys derived from one secret (HKDF-SHA256), one per use and purpose, each derived once."""

    def __init__(self, secret: str | bytes) -> None:
        self._secret = secret.encode() if isinstance(secret, str) else secret
        if not self._secret:
            raise ValueError("The secret key is empty")
        self._keys: dict[tuple[str, str], bytes] = {}

    def encrypt(self, purpose: str, text: str) -> bytes:
        """Nonce and AES-256-GCM ciphertext, bound to `purpose`; different each time."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher(purpose).encrypt(nonce, _bytes(text), _bytes(purpose))

    def decrypt(self, purpose: str, blob: bytes) -> str:
        """The text of `encrypt`; raises Undecipherable."""
        from cryptography.exceptions import InvalidTag

        if len(blob) < _NONCE_BYTES + _TAG_BYTES:
            raise Undecipherable("The blob is too short")
        nonce, sealed = blob[:_NONCE_BYTES], blob[_NONCE_BYTES:]
        try:
            plain = self._cipher(purpose).decrypt(nonce, sealed, _bytes(purpose))
        except InvalidTag as error:
            raise Undecipherable("The blob was not made with this key for this purpose") from error
        return plain.decode("utf-8", "surrogatepass")

    def lookup(self, purpose: str, text: str) -> bytes:
        """32 bytes to find `text` by in the database, worthless without the secret."""
        return hmac.digest(self._key("lookup", purpose), _bytes(text), "sha256")

    def signing_key(self, purpose: str) -> bytes:
        """32 bytes to sign with, for a library that wants the key itself."""
        return self._key("jwt", purpose)

    def sign_token(self, purpose: str, nonce: bytes) -> str:
        """40 lower-case hexadecimal characters (160 bits) that only this secret makes of `nonce`."""
        return hmac.digest(self._key("sign", purpose), nonce, "sha256").hex()[:40]

    def _cipher(self, purpose: str) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._key("encrypt", purpose))

    def _key(self, use: str, purpose: str) -> bytes:
        if (use, purpose) not in self._keys:
            self._keys[use, purpose] = self._derived(f"{use}:{purpose}")
        return self._keys[use, purpose]

    def _derived(self, info: str) -> bytes:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return HKDF(SHA256(), length=32, salt=_SALT, info=_bytes(info)).derive(self._secret)


def random_token() -> str:
    """40 random hexadecimal characters, 160 bits: an API token."""
    return secrets.token_hex(20)


def random_id() -> str:
    """43 random URL-safe characters, 256 bits: a session id."""
    return secrets.token_urlsafe(32)


def digest(text: str) -> bytes:
    """SHA-256, for random secrets only: what is guessable needs passwords.py or Keyring.lookup."""
    return hashlib.sha256(_bytes(text)).digest()


def _bytes(text: str) -> bytes:
    # What comes from outside may hold a lone surrogate: it is then simply unknown, not an error.
    return text.encode("utf-8", "surrogatepass")

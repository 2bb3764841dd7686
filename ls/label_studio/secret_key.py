"""Label Studio's secret key, with which its personal tokens are signed."""

import base64
import hashlib
import hmac
import re
from pathlib import Path

ENV_FILE = ".env"

_LINE = re.compile(r"^SECRET_KEY=([^\n]*)", re.MULTILINE)
_QUOTED = re.compile(r"""(["'])(.*)\1""")


def read_key(file: Path) -> str:
    """The key: as Label Studio reads it from the last line `SECRET_KEY=`, or what else the file holds; may be empty."""
    text = file.read_text(encoding="utf-8", errors="surrogateescape")
    found = _LINE.findall(text) or ["" if file.name == ENV_FILE else text]
    value = found[-1].strip()
    quoted = _QUOTED.fullmatch(value)
    value = quoted[2] if quoted else value
    return "" if value.startswith("$") else value  # which Label Studio takes for the name of another variable


def signed(unsigned: str, key: str) -> str:
    """The whole token of the part that Label Studio's table keeps (RFC 7519, HS256)."""
    signature = hmac.digest(key.encode("utf-8", "surrogateescape"), unsigned.encode(), hashlib.sha256)
    return f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"

"""The settings of outgoing mail: what each may be, and which of them contradict one another."""

import re
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from ipaddress import ip_address
from typing import Any

from ls.config.parsers import choice, text

SUBMISSION, SUBMISSIONS = 587, 465  # RFC 8314; on the second, TLS comes first
WORDS = ("starttls", "tls", "none")

_NAME = re.compile(r"([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}")

security = choice(dict(zip(WORDS, WORDS, strict=True)), "is neither starttls nor tls nor none")


def host(value: object) -> str:
    """The name or IP address of a mail server."""
    given = text(value)
    if not _NAME.fullmatch(given) and not _is_ip(given):
        raise ValueError("is no host name or IP address, such as smtp.example.org; the port is a setting of its own")
    return given


def credential(value: object) -> str:
    """A user name or password: smtplib, as most servers, takes ASCII alone."""
    given = text(value)
    if not given.isascii():
        raise ValueError("holds a letter that is not ASCII, which cannot be sent to a mail server")
    return given


def sender(value: object) -> Address:
    """One address, with or without a name before it."""
    header = EmailMessage(SMTP)
    try:
        header["From"] = text(value)
        (address,) = header["From"].addresses
        is_one = not header["From"].defects and address.addr_spec.isascii()
    except (ValueError, IndexError):
        is_one = False
    if not is_one:
        raise ValueError("is no email address like roster@example.org or Roster <roster@example.org>")
    return Address(address.display_name, address.username, address.domain)


def combined(found: Mapping[str, Any]) -> dict[str, Any]:
    """Port and security as they follow from one another. Raises ValueError for settings that cannot go together."""
    kind = "tls" if found["MAIL_PORT"] == SUBMISSIONS else found["MAIL_SECURITY"]
    port = found["MAIL_PORT"] or (SUBMISSIONS if kind == "tls" else SUBMISSION)
    if found["MAIL_HOST"]:
        _check(found, kind)
    elif found["CONFIRM_EMAIL"]:
        raise ValueError("LABEL_STUDIO_CONFIRM_EMAIL sends mail, so it needs LABEL_STUDIO_MAIL_HOST.")
    return {"MAIL_SECURITY": kind, "MAIL_PORT": port}


def _check(found: Mapping[str, Any], kind: str) -> None:
    if not found["MAIL_FROM"]:
        raise ValueError("LABEL_STUDIO_MAIL_FROM is missing: the address that messages come from.")
    for one, other in (("USERNAME", "PASSWORD"), ("PASSWORD", "USERNAME")):
        if found[f"MAIL_{one}"] and not found[f"MAIL_{other}"]:
            raise ValueError(f"LABEL_STUDIO_MAIL_{one} is set without LABEL_STUDIO_MAIL_{other}. Set both, or neither.")
    if kind == "none" and found["MAIL_USERNAME"] and not _is_loopback(found["MAIL_HOST"]):
        raise ValueError(
            "LABEL_STUDIO_MAIL_SECURITY=none would send the password in plain text to another machine. "
            "Use starttls or tls, or leave out LABEL_STUDIO_MAIL_USERNAME."
        )


def _is_ip(given: str) -> bool:
    try:
        ip_address(given)
    except ValueError:
        return False
    return True


def _is_loopback(given: str) -> bool:
    return given.lower() == "localhost" or (_is_ip(given) and ip_address(given).is_loopback)

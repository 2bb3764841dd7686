"""A connection to the mail server: encrypted as the settings say, never less, with its certificate checked."""

import base64
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from flask import current_app

Note = Callable[[str], object]

TIMEOUT = 30.0  # seconds for each answer
LOOKS_WITHIN = 180.0  # but the one to a whole message, which servers look through (RFC 5321, 4.5.3.2.6)


@contextmanager
def connected(note: Note = lambda _line: None) -> Iterator[smtplib.SMTP]:
    """A connection, logged in where there is a user name; `note` is given each line of the dialogue but secrets.

    Raises OSError, as which smtplib's exceptions count.
    """
    config = current_app.config
    options: dict[str, Any] = {"timeout": TIMEOUT, "note": note}
    if config["MAIL_SECURITY"] == "tls":
        options["context"] = ssl.create_default_context()
    kind = _TlsDialogue if config["MAIL_SECURITY"] == "tls" else _Dialogue
    smtp = kind(config["MAIL_HOST"], config["MAIL_PORT"], **options)
    try:
        if config["MAIL_SECURITY"] == "starttls":
            smtp.starttls(context=ssl.create_default_context())
        if config["MAIL_SECURITY"] != "none":
            note("  The connection is encrypted, and the certificate is right.")
        if config["MAIL_USERNAME"]:
            smtp.login(config["MAIL_USERNAME"], config["MAIL_PASSWORD"])
        yield smtp
    finally:
        with suppress(OSError):
            smtp.quit()
        smtp.close()


def reason(error: Exception) -> str:
    """What went wrong, in one line without secrets: the server's own answer where there is one."""
    code: Any
    said: Any
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, said = error.smtp_code, error.smtp_error
    else:
        code, said = "", getattr(error, "strerror", None) or str(error) or type(error).__name__
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return _without_secrets(" ".join(f"{code} {text}".split()))


def code_of(error: Exception) -> int:
    """The number that the server answered with, 0 if it did not."""
    digits = reason(error)[:3]
    return int(digits) if digits.isdecimal() else 0


def _without_secrets(text: str) -> str:
    """The text without the password, plain or as it is sent: a server may repeat what it was told."""
    user, password = current_app.config["MAIL_USERNAME"] or "", current_app.config["MAIL_PASSWORD"]
    for secret in (password, f"\0{user}\0{password}") if password else ():
        text = text.replace(secret, "...").replace(base64.b64encode(secret.encode()).decode(), "...")
    return text


class _Dialogue(smtplib.SMTP):
    """Notes what client and server say."""

    def __init__(self, *arguments: Any, note: Note, **options: Any) -> None:
        self._note = note
        super().__init__(*arguments, **options)

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Send a command."""
        self._note(f"> {cmd.upper()} {args}".rstrip())
        super().putcmd(cmd, args)

    def getreply(self) -> tuple[int, bytes]:
        """Receive an answer."""
        code, said = super().getreply()
        for line in said.decode(errors="backslashreplace").split("\n"):
            self._note(f"< {code} {_without_secrets(line)}".rstrip())
        return code, said

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Hand the message over; one that was given up too early would arrive again and again."""
        if self.sock:
            self.sock.settimeout(LOOKS_WITHIN)
        return super().data(msg)

    def auth(self, mechanism: str, authobject: Any, *, initial_response_ok: bool = True) -> tuple[int, bytes]:
        """Log in; all that is said about it is hidden."""
        note, self._note = self._note, lambda _line: None
        note(f"> AUTH {mechanism} (hidden)")
        try:
            return super().auth(mechanism, authobject, initial_response_ok=initial_response_ok)
        finally:
            self._note = note


class _TlsDialogue(_Dialogue, smtplib.SMTP_SSL):
    """The same, encrypted from its first byte."""

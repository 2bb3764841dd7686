"""A real mail server on a free port, which keeps what it is given and refuses what a test tells it to."""

import email
import re
import ssl
import threading
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from flask import Flask

from ls.mail.sender import send_due
from tests.with_postgres import free_port

FROM = "Roster <roster@example.org>"
USER, PASSWORD = "mail-user", "a password for mail"


class SmtpServer:
    """Start it with `with`; `messages` is what arrived. AUTH is off and nothing encrypted unless asked for."""

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, kind: str = "none", login: bool = False, smtputf8: bool = True
    ) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.logins: list[tuple[str, str]] = []
        self.on_data: list[Callable[[], object]] = []  # what to do once each message is here, before the answer
        self._arrived = threading.Condition()
        self.answers: dict[str, list[str]] = {}  # by command: what to say instead, one after the other
        self.port, self.kind, self.login = free_port(), kind, login
        options: dict[str, Any] = {"enable_SMTPUTF8": smtputf8, "server_hostname": "mail.example.org"}
        if tls:
            options["ssl_context" if kind == "tls" else "tls_context"] = tls
        if login:
            options |= {"authenticator": self._check, "auth_require_tls": kind == "starttls"}
        self._controller = Controller(self, "127.0.0.1", self.port, **options)

    @property
    def settings(self) -> dict[str, str]:
        """What an application needs to send here, for `make_app` or, with its prefix, the environment."""
        settings = {
            "MAIL_HOST": "localhost",
            "MAIL_PORT": str(self.port),
            "MAIL_SECURITY": self.kind,
            "MAIL_FROM": FROM,
        }
        return settings | ({"MAIL_USERNAME": USER, "MAIL_PASSWORD": PASSWORD} if self.login else {})

    def __enter__(self) -> "SmtpServer":
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()

    def wait_for(self, number: int, seconds: float) -> bool:
        """Wait until so many messages have arrived."""
        with self._arrived:
            return self._arrived.wait_for(lambda: len(self.messages) >= number, seconds)

    def _check(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        self.logins.append(given)
        return AuthResult(success=given == (USER, PASSWORD), handled=False)

    def _answer(self, command: str, usual: str) -> str:
        waiting = self.answers.get(command)
        return waiting.pop(0) if waiting else usual

    async def handle_MAIL(  # noqa: N802  # the library's name
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take a sender."""
        answer = self._answer("MAIL", "250 OK")
        if answer.startswith("2"):
            envelope.mail_from, envelope.mail_options = address, options
        return answer

    async def handle_RCPT(  # noqa: N802  # the library's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Take a recipient."""
        answer = self._answer("RCPT", "250 OK")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # as above
        """Take a message."""
        answer = self._answer("DATA", "250 OK")
        if answer.startswith("2"):
            message = email.message_from_bytes(envelope.content, policy=default)
            assert isinstance(message, EmailMessage)
            with self._arrived:
                self.messages.append(message)
                self.recipients += envelope.rcpt_tos
                self._arrived.notify_all()
            if self.on_data:
                self.on_data.pop(0)()
        return answer


def flush(app: Flask) -> None:
    """Send what is due now, without the thread that a server has."""
    with app.app_context():
        send_due()


def text_of(message: EmailMessage) -> str:
    """The plain text of a message."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def link_in(message: EmailMessage) -> str:
    """The first link of a message."""
    found = re.search(r"https?://\S+", text_of(message))
    assert found, text_of(message)
    return found[0]

"""The dialogue with the mail server: encrypted, logged in, never in plain text where that was not asked for."""

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests.certificates import make_certificate
from tests.mail.outbox import add, kept, let_time_pass, problems
from tests.smtp import PASSWORD, USER, SmtpServer, flush

Make = Callable[..., Flask]
ENCRYPTED = pytest.mark.parametrize("kind", ["starttls", "tls"])


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a server for localhost needs, whose certificate this machine trusts."""
    return context_for(tmp_path, monkeypatch, "localhost")


def context_for(folder: Path, monkeypatch: pytest.MonkeyPatch, host: str) -> ssl.SSLContext:
    make_certificate(folder, host)
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "cert.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@ENCRYPTED
def test_a_message_goes_encrypted_and_after_logging_in(make_app: Make, tls: ssl.SSLContext, kind: str) -> None:
    with SmtpServer(tls=tls, kind=kind, login=True) as server:
        app = make_app(**server.settings)
        add(app)
        flush(app)
        assert (server.recipients, kept(app)) == (["alice@example.org"], [])
        assert server.logins == [(USER, PASSWORD)]


@ENCRYPTED
def test_a_certificate_that_nobody_vouches_for_is_refused(
    make_app: Make, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert_refused(make_app, tls, kind, "certificate verify failed: self-signed certificate")


@ENCRYPTED
def test_a_certificate_of_another_host_is_refused(
    make_app: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    tls = context_for(tmp_path, monkeypatch, "elsewhere.example.org")
    assert_refused(make_app, tls, kind, "certificate verify failed: Hostname mismatch")


def assert_refused(make_app: Make, tls: ssl.SSLContext, kind: str, why: str) -> None:
    with SmtpServer(tls=tls, kind=kind, login=True) as server:
        app = make_app(**server.settings)
        add(app)
        flush(app)
        [(status, said)] = problems(app)
        assert status == "waits"
        assert why in said
        assert (server.logins, server.recipients) == ([], [])


def test_without_starttls_nothing_is_said_in_plain_text(make_app: Make) -> None:
    with SmtpServer(login=True) as server:
        app = make_app(**{**server.settings, "MAIL_SECURITY": "starttls"})
        add(app)
        flush(app)
        assert problems(app) == [("waits", "STARTTLS extension not supported by server.")]
        assert (server.logins, server.recipients) == ([], [])


def test_a_wrong_password_is_about_the_server_so_messages_wait(make_app: Make, tls: ssl.SSLContext) -> None:
    with SmtpServer(tls=tls, kind="starttls", login=True) as server:
        wrong = make_app(**{**server.settings, "MAIL_PASSWORD": "wrong"})
        add(wrong)
        flush(wrong)
        [(status, said)] = problems(wrong)
        assert (status, said[:4]) == ("waits", "535 ")
        right = make_app(**server.settings)
        let_time_pass(right)
        flush(right)
        assert server.recipients == ["alice@example.org"]


def test_an_answer_that_repeats_the_password_is_kept_without_it(make_app: Make) -> None:
    with SmtpServer(login=True) as server:
        server.answers = {"MAIL": [f"550 {PASSWORD} is not welcome"]}
        app = make_app(**server.settings)
        add(app)
        flush(app)
        assert problems(app) == [("failed", "550 ... is not welcome")]


def test_names_in_other_letters_need_a_server_that_takes_them(make_app: Make) -> None:
    with SmtpServer() as server, SmtpServer(smtputf8=False) as old:
        app = make_app(**server.settings)
        add(app, "王@例子.中国")
        add(app, "bob@bücher.example")
        flush(app)
        assert server.recipients == ["王@xn--fsqu00a.xn--fiqs8s", "bob@xn--bcher-kva.example"]
        app.config["MAIL_PORT"] = old.port
        add(app, "王@例子.中国")
        add(app, "bob@bücher.example")
        flush(app)
        assert old.recipients == ["bob@xn--bcher-kva.example"]
        [(status, said)] = problems(app)
        assert status == "failed"
        assert "SMTPUTF8" in said

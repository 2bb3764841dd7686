"""`roster mail`: one message with its dialogue, what waits or failed, and what messages say."""

import base64
import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.certificates import make_certificate
from tests.factories import a_failed_message
from tests.mail.outbox import add
from tests.smtp import PASSWORD, USER, SmtpServer, flush

Make = Callable[..., Flask]


def run(app: Flask, *arguments: str) -> Any:
    return app.test_cli_runner().invoke(args=["mail", *arguments])


def test_the_dialogue_is_shown_without_secrets(make_app: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with SmtpServer(tls=tls, kind="starttls", login=True) as server:
        done = run(make_app(**server.settings), "test", "--to", "alice@example.org")
        assert (done.exit_code, server.logins) == (0, [(USER, PASSWORD)])
        wrong = run(make_app(**{**server.settings, "MAIL_PASSWORD": "wrong one"}), "test", "--to", "alice@example.org")
    lines = done.stdout.splitlines()
    said = ["> STARTTLS", "  The connection is encrypted", "> AUTH PLAIN (hidden)", "< 354 "]
    at = [next(number for number, line in enumerate(lines) if line.startswith(one)) for one in said]
    assert at == sorted(at)
    assert any(line.startswith("> RCPT TO:<alice@example.org>") for line in lines)
    assert lines[-1] == "Sent to alice@example.org"
    assert server.recipients == ["alice@example.org"]
    assert server.messages[0]["Subject"] == "Test message of Roster"
    assert wrong.exit_code == 1
    assert wrong.stderr.splitlines()[-1].startswith("Not sent: 535 ")
    for secret in (PASSWORD, "wrong one", USER, f"\0{USER}\0{PASSWORD}"):
        spelled = (secret, base64.b64encode(secret.encode()).decode())
        assert [one for one in spelled if one in done.output.replace("example.org", "") + wrong.output] == []


def test_what_keeps_it_from_being_sent_is_one_line(make_app: Make) -> None:
    assert run(make_app(), "test", "--to", "a@example.org").stderr == (
        "Mail is not set up: LABEL_STUDIO_MAIL_HOST is not set.\n"
    )
    with SmtpServer() as server:
        app = make_app(**server.settings)
        assert "an @ is missing" in run(app, "test", "--to", "nobody").stderr
        server.answers = {"RCPT": ["550 No such user"]}
        refused = run(app, "test", "--to", "a@example.org")
    assert (refused.exit_code, refused.stderr) == (1, "Not sent: 550 No such user\n")
    assert "< 550 No such user\n" in refused.stdout


def test_the_queue_says_what_waits_and_what_failed_and_sends_again(make_app: Make, smtp_server: SmtpServer) -> None:
    app = make_app(**smtp_server.settings)
    assert run(app, "queue").stdout == ""
    with app.app_context():
        failed = a_failed_message()
    add(app)
    found = json.loads(run(app, "queue", "--json").stdout)
    assert [(row["status"], row["to"], row["error"]) for row in found] == [
        ("waiting", "alice@example.org", ""),
        ("failed", "dora@example.org", "550 No such user here"),
    ]
    line = run(app, "queue").stdout.splitlines()[1]
    assert line.startswith(f"{failed}\tfailed\tdora@example.org\tHello\t")
    assert run(app, "queue", "--send-again", str(failed)).exit_code == 0
    flush(app)
    assert sorted(smtp_server.recipients) == ["alice@example.org", "dora@example.org"]
    gone = run(app, "queue", "--send-again", str(failed))
    assert (gone.exit_code, gone.stderr) == (1, "This message has been sent, or is too old to be kept.\n")


def test_a_preview_in_either_language(app: Flask) -> None:
    english, chinese = (run(app, "preview", "test", "--language", name).stdout for name in ("en", "zh-Hans"))
    assert english.startswith("Test message of Acme Labels\n\n")
    assert "测试" in chinese
    assert run(app, "preview", "nothing").exit_code == 2

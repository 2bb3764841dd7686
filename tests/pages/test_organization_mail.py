"""Mail on the organization page: whether it is set up, what waits and what failed, and sending it again."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from tests.cast import FRAGMENT, Cast, Person
from tests.factories import a_failed_message
from tests.mail.outbox import add, kept
from tests.smtp import SmtpServer, flush

PATH = "/organization/settings"


@pytest.fixture
def app(make_app: Callable[..., Flask], smtp_server: SmtpServer) -> Flask:
    return make_app(**smtp_server.settings)


@pytest.fixture
def alice(cast: Cast) -> Person:
    return cast.alice()


def failed(app: Flask, **options: timedelta) -> int:
    with app.app_context():
        return a_failed_message("<b>@example.org", **options)


def test_without_a_mail_server_it_says_whom_to_ask(make_app: Callable[..., Flask]) -> None:
    page = Cast(make_app()).alice().browser.get(PATH).text
    assert "This server sends no mail. Whoever runs it sets LABEL_STUDIO_MAIL_HOST." in page


def test_what_waits_and_what_failed_is_told_with_the_reason(app: Flask, alice: Person, smtp_server: SmtpServer) -> None:
    smtp_server.answers = {"RCPT": ["451 Try later"]}
    add(app)
    flush(app)
    failed(app)
    too_old = failed(app, lifetime=timedelta(0))
    page = alice.browser.get(PATH).text
    assert "Roster &lt;roster@example.org&gt;" in page
    assert "<dt>Waiting</dt>\n      <dd>1</dd>" in page
    assert "<dt>Failed</dt>\n      <dd>2</dd>" in page
    assert page.count("550 No such user here") == 2
    assert "&lt;b&gt;@example.org" in page
    assert [page.count(one) for one in ("451 Try later", "Is tried again by itself", "Too old to send")] == [1, 1, 1]
    assert f"/organization/mail/{too_old}/send" not in page


@pytest.mark.parametrize("headers", [{}, FRAGMENT])
def test_one_that_failed_is_sent_again_once(
    app: Flask, alice: Person, smtp_server: SmtpServer, headers: dict[str, str]
) -> None:
    with app.app_context():
        path = f"/organization/mail/{a_failed_message()}/send"
    answers = [alice.browser.post(path, page=PATH, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200 if headers else 303] * 2
    shown = answers[1].text if headers else alice.browser.get(PATH).text
    assert "It is being sent again." in shown
    assert "<dt>Failed</dt>\n      <dd>0</dd>" in shown
    flush(app)
    assert (smtp_server.recipients, kept(app)) == (["dora@example.org"], [])
    assert alice.browser.post(path, page=PATH).status_code == 404


def test_one_that_is_too_old_stays(app: Flask, alice: Person) -> None:
    answer = alice.browser.post(f"/organization/mail/{failed(app, lifetime=timedelta(0))}/send", page=PATH)
    assert answer.status_code == 409
    assert "too old" in answer.text
    assert [mail.next_attempt_at for mail in kept(app)] == [None]

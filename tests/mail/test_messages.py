"""What messages say: one template gives subject, text and HTML, in the reader's language, and no name changes more."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask

from ls.config.address import link_to
from ls.db.types import utcnow
from ls.mail import messages
from ls.mail.messages import html_of, message_of, render
from ls.mail.previews import PREVIEWS
from ls.models.outgoing_mail import Content
from tests.mail.outbox import add
from tests.smtp import SmtpServer, flush, text_of

TEMPLATES = sorted(path.stem for path in Path(messages.__file__).parents[1].glob("templates/mail/*.txt"))
ADDED = {"MIME-Version", "Content-Type", "X-Peer", "X-MailFrom", "X-RcptTo"}  # by the library and the test's server
HOSTILE = ["Acme\r\nBcc: eve@example.org", "Acme\n\nBcc: eve@example.org\n", "\u202eemcA", "<b>Acme</b>", "A\u2028B: c"]


@pytest.fixture
def app(make_app: Callable[..., Flask], smtp_server: SmtpServer) -> Flask:
    return make_app(HOST="https://example.org/ls", **smtp_server.settings)


class Links(HTMLParser):
    """The tags of a page, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.targets: list[str | None] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.tags.add(tag)
        self.targets += [value for name, value in attrs if name == "href"]


def test_every_template_has_a_preview() -> None:
    assert sorted(PREVIEWS) == TEMPLATES


@pytest.mark.parametrize("locale", ["en", "zh_Hans"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_every_message_is_whole_in_both_languages(app: Flask, name: str, locale: str) -> None:
    with app.app_context():
        content = render(name, "anna@example.org", locale, **PREVIEWS[name])
        message = message_of(content, "<1@example.org>", utcnow())
    assert content.subject
    assert content.text.strip()
    assert max(map(len, content.text.splitlines())) < 900  # RFC 5322 allows 998
    assert (re.search("[\u4e00-\u9fff]", content.subject + content.text) is not None) == (locale == "zh_Hans")
    html = Links(content.html)
    assert html.tags <= {"html", "head", "meta", "title", "body", "p", "br", "a"}  # no picture, no style, no script
    assert html.targets == re.findall(r"^https?://\S+$", content.text, re.MULTILINE)
    assert all(str(target).startswith("https://example.org/ls/") for target in html.targets)
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message.as_bytes().isascii()


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_adds_a_header_or_turns_a_line_round(app: Flask, smtp_server: SmtpServer, name: str) -> None:
    add(app, organization=name)
    flush(app)
    [message] = smtp_server.messages
    assert smtp_server.recipients == ["alice@example.org"]
    assert set(message.keys()) <= {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", *ADDED}
    if "\u202e" in name:
        assert message["Subject"].endswith("\u2068\u202eemcA\u2069")
    assert "<b>" not in str(message.get_body(("html",)))
    assert "can send mail" in text_of(message)


@pytest.mark.parametrize("field", [{"subject": "a\r\nBcc: eve@example.org"}, {"to": "a@b.org\r\nBcc: eve@example.org"}])
def test_a_line_end_in_a_header_is_refused(app: Flask, field: dict[str, str]) -> None:
    content = Content(**{"to": "a@b.org", "subject": "a", "text": "a\n", "html": "<p>a</p>", **field})
    with app.app_context(), pytest.raises(ValueError, match=r"."):
        message_of(content, "<1@example.org>", utcnow())


def test_links_begin_with_the_setting_alone(make_app: Callable[..., Flask]) -> None:
    app = make_app(HOST="https://example.org/ls")
    with app.test_request_context(base_url="https://evil.example"):
        assert link_to("/people/") == "https://example.org/ls/people/"
    with make_app().test_request_context(base_url="https://evil.example"):
        assert link_to("/people/") == "http://localhost:8080/people/"


def test_only_links_of_this_server_can_be_clicked(app: Flask) -> None:
    own = "https://example.org/ls/a?b&c"
    text = f"A note\nhttps://example.org.evil.example/\n{own}\n\nhttps://example.org/lsx\n<a href='https://evil'>"
    with app.test_request_context():
        assert Links(html_of("Hello", text)).targets == [own]

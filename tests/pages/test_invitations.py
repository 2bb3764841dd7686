"""The page of invitations: several people at once, what became of each, and the list."""

import base64
import html
import re
from collections.abc import Callable

import pytest
from flask import Flask

from ls.accounts.invitations import MOST_EMAILS
from tests.accounts.test_sign_up import hidden, sign_up
from tests.cast import FRAGMENT, Browser, Cast, Person
from tests.smtp import SmtpServer, flush, link_in, text_of

PAGE = "/people/invitations/"


@pytest.fixture
def alice(closed_app: Flask) -> Person:
    return Cast(closed_app).alice(first_name="Alice", last_name="Kim")


def send(person: Person, emails: str, **fields: str) -> tuple[int, str]:
    answer = person.browser.post(PAGE, {"emails": emails, **fields}, page=PAGE)
    return answer.status_code, html.unescape(answer.text)


def links(text: str) -> list[str]:
    """Those of the list, without the host."""
    return re.findall(r'<input id="link-\d+"[^>]*value="https?://[^/"]+([^"]+)"[^>]*readonly', html.unescape(text))


def test_each_address_is_told_what_became_of_it(closed_app: Flask, alice: Person) -> None:
    cast = Cast(closed_app)
    cast.bob(sign_in=False)
    charlie = cast.charlie(sign_in=False)
    alice.browser.post(f"/people/{charlie.id}/deactivation", page="/user/account/")
    assert "1 invitation is made." in send(alice, "dora@example.org")[1]
    pasted = "Bob <BOB@example.org>, charlie@example.org\ndora@example.org; erin@example.org frank\nerin@example.org"
    status, text = send(alice, pasted, note="Come", expires="30d")
    assert re.search(r'name="note"[^>]*value="Come"', text)
    assert len(hidden(text, "form_key")) == 22  # a new one
    assert (status, "1 invitation is made." in text) == (200, True)
    for email, why in (
        ("BOB@example.org", "Has an account already."),
        ("charlie@example.org", "The account is deactivated."),
        ("dora@example.org", "Is invited already."),
        ("frank", "Enter a valid email address: an @ is missing"),
        ("erin@example.org", "This email stands further up already."),
    ):
        assert f"<li><bdi>{email}</bdi>: {why}" in text
    assert re.search(r'<textarea[^>]*name="emails"[^>]*>\s*frank</textarea>', text)
    table = base64.b64decode(re.findall(r"data:text/csv;charset=utf-8;base64,([^\"]+)", text)[0]).decode("utf-8-sig")
    newest = links(text)[0]
    assert table.splitlines() == ["email,link", f"erin@example.org,http://localhost{newest}"]
    assert sign_up(Browser(closed_app), "erin@example.org", page=newest)[0] == 302
    assert 'Used by <a href="/people/4"><bdi>erin@example.org</bdi></a>' in alice.browser.get(PAGE).text


@pytest.mark.parametrize(
    ("emails", "fields", "says"),
    [
        ("frank", {}, "frank: Enter a valid email address: an @ is missing"),
        ("<script>@x", {}, "Enter a valid email address"),
        ("a@example.org", {"uses": "0"}, "Enter a whole number from 1 to 9,999, or nothing."),
        ("a@example.org", {"uses": "many"}, "Enter a whole number from 1 to 9,999, or nothing."),
        ("a@example.org", {"note": "x" * 257}, "Use at most 256 characters."),
        ("a@example.org", {"note": "a\x07b"}, "Leave out control characters."),
        ("a@example.org", {"expires": "7 weeks"}, "Write 12h for hours, 7d for days, or never."),
        (" ".join(f"p{number}@example.org" for number in range(MOST_EMAILS + 1)), {}, "at most 200 addresses at once"),
    ],
)
def test_what_is_wrong_is_said_in_place_and_nobody_is_invited(
    alice: Person, emails: str, fields: dict[str, str], says: str
) -> None:
    status, text = send(alice, emails, **fields)
    assert (status, says in text) == (422, True)
    assert emails.split()[0] in re.findall(r'<textarea[^>]*name="emails"[^>]*>([^<]*.*)</textarea>', text)[0]
    assert links(alice.browser.get(PAGE).text) == []


def test_a_form_sent_twice_makes_one_link_and_the_list_shows_it_again(closed_app: Flask, alice: Person) -> None:
    page = alice.browser.get(PAGE).text
    form = {name: hidden(page, name) for name in ("csrf_token", "form_key")} | {"uses": "2", "expires": "never"}
    first, second = (alice.browser.client.post(PAGE, data=form) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 303)
    [link] = links(first.text)
    assert links(alice.browser.get(PAGE, headers=FRAGMENT).text) == [link]
    assert "never expires" in first.text
    for name in ("bob", "charlie"):
        assert sign_up(Browser(closed_app), f"{name}@example.org", page=link)[0] == 302
    shown = re.sub(r"\s+", " ", re.sub("<[^>]*>", "", alice.browser.get(PAGE).text))
    assert "2 of 2 uses Used by bob@example.org, charlie@example.org" in shown


def test_the_list_says_until_when_and_revoking_ends_the_link(closed_app: Flask, alice: Person) -> None:
    [link] = links(send(alice, "bob@example.org")[1])
    assert re.search(r"until <time [^>]*data-exact>\d+ \w+ \d{4} \d\d:\d\d UTC</time>", alice.browser.get(PAGE).text)
    assert alice.browser.post(f"{PAGE}1/revoke", page=PAGE).status_code == 303
    shown = alice.browser.get(PAGE).text
    assert "Its link does not work any more." in shown
    assert (links(shown), ">Revoked<" in shown) == ([], True)
    assert Browser(closed_app).get(link).status_code == 410
    assert alice.browser.post(f"{PAGE}9/revoke", page=PAGE).status_code == 404
    assert alice.browser.post(f"{PAGE}1/send", page=PAGE).status_code == 409


def test_a_long_list_has_pages(alice: Person) -> None:
    send(alice, " ".join(f"p{number}@example.org" for number in range(60)))
    first = alice.browser.get(PAGE).text
    older = re.findall(r'rel="next" href="([^"]+)"', first)[0]
    assert [len(links(alice.browser.get(url).text)) for url in (PAGE, older)] == [50, 10]


def test_by_email_from_paste_to_sign_up(make_app: Callable[..., Flask], smtp_server: SmtpServer) -> None:
    app = make_app(CONFIRM_EMAIL=True, **smtp_server.settings)
    alice = Cast(app).alice(first_name="Alice", last_name="Kim")
    _status, text = send(alice, "Bob@example.org, erin@example.org", note="Come,\u202e <b>soon</b>", expires="1d")
    assert "The links are on their way by email." in text
    flush(app)
    assert smtp_server.recipients == ["Bob@example.org", "erin@example.org"]
    message = smtp_server.messages[0]
    assert message["Subject"] == "Alice Kim invites you to Roster"
    assert "“\u2068Come,\u202e <b>soon</b>\u2069”" in text_of(message)
    assert re.search(r"It is for Bob@example.org only. It works until \d+ \w+ \d{4} \d\d:\d\d UTC.", text_of(message))
    assert "UTC.\r\n\r\nIf you do not know" in text_of(message)
    link = link_in(message)
    assert link.removeprefix("http://localhost:8080") in links(text)
    assert alice.browser.post(f"{PAGE}1/send", page=PAGE).status_code == 303
    flush(app)
    assert link_in(smtp_server.messages[2]) == link
    page = link.removeprefix("http://localhost:8080")
    bob = Browser(app)
    assert sign_up(bob, "bob@example.org", page=page)[0] == 302
    assert bob.get("/people/").status_code == 200  # the invitation has confirmed the address
    assert alice.browser.post(f"{PAGE}1/send", page=PAGE).status_code == 409

"""Invitations: whom they admit, until when, and how often; what they say once they have ended."""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from flask import Flask

from ls.accounts import deletion
from ls.accounts.emails import emails_in
from ls.accounts.invitations import Terms, invite
from ls.db.extensions import db
from ls.db.transaction import write
from ls.exceptions import InvitationEnded
from ls.models import Invitation, Organization, User
from ls.models.event import AuditContext, set_audit_context
from tests.accounts.test_sign_up import hidden, sign_up
from tests.cast import PASSWORD, Browser, Cast, session_cookie
from tests.conftest import Clock
from tests.db.test_transaction import in_threads

BOB = "bob@example.org"


@pytest.fixture
def app(make_app: Callable[..., Flask], request: pytest.FixtureRequest) -> Flask:
    """Sign-up needs a link, unless a test opens it."""
    return make_app(DISABLE_SIGNUP_WITHOUT_LINK=getattr(request, "param", True))


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Alice is there, and her name is known."""
    cast = Cast(app)
    cast.alice(sign_in=False, first_name="Alice", last_name="Kim")
    return cast


def page_of(app: Flask, email: str = "", **terms: str) -> str:
    """The path of a new invitation of Alice's."""
    with app.app_context(), write():
        Organization.lock_for_update()
        said = Terms.parse(terms.get("note"), terms.get("expires"), terms.get("uses"))
        [line] = invite([email] if email else [], said, User.by_email("alice@example.org"))
        assert line.invitation
        return f"/user/signup/?token={line.invitation.token}"


def revoke(app: Flask, number: int) -> None:
    with app.app_context(), write():
        Invitation.lock_for_update(number).revoke()


def state(app: Flask, number: int = 1) -> tuple[str, int]:
    with app.app_context():
        found = db.session.get_one(Invitation, number)
        return found.state, found.uses


@pytest.mark.parametrize(
    ("pasted", "found"),
    [
        ("", []),
        ("a@x.org, b@x.org;c@x.org\r\nd@x.org e@x.org\t", ["a@x.org", "b@x.org", "c@x.org", "d@x.org", "e@x.org"]),
        ("Anna Kim <a@x.org>, b@x.org, Bob <c@x.org>", ["a@x.org", "b@x.org", "c@x.org"]),
        ('"Kim, Anna" <a@x.org>; Lee, Bob <b@x.org>', ["a@x.org", "b@x.org"]),
        ("a@x.org <a@x.org>\n<b@x.org> c@x.org", ["a@x.org", "b@x.org", "c@x.org"]),
        ("a＠x.org，b@x.org；c@x.org、d@x.org", ["a＠x.org", "b@x.org", "c@x.org", "d@x.org"]),
        ("anna\nb@x.org", ["anna", "b@x.org"]),
        ("not an address, b@x.org c@x.org nobody", ["not an address", "b@x.org", "c@x.org", "nobody"]),
        ("<a@x.org", ["a@x.org"]),
    ],
)
def test_addresses_are_found_however_they_were_pasted(pasted: str, found: list[str]) -> None:
    assert emails_in(pasted) == found


@pytest.mark.parametrize("app", [True, False], ids=["closed", "open"], indirect=True)
def test_an_invitation_admits_its_address_only_and_names_the_inviter(app: Flask, cast: Cast) -> None:
    page = page_of(app, "Bob@example.org", note="For the street scenes")
    visitor = Browser(app)
    shown = visitor.get(page).text
    assert re.search(r'<input[^>]*name="email"[^>]*readonly[^>]*value="Bob@example.org"', shown)
    assert "Alice Kim invited Bob@example.org." in shown
    assert "For the street scenes" in shown
    status, text = sign_up(visitor, "eve@example.org", page=page)
    assert (status, state(app)) == (422, ("pending", 0))
    assert "This invitation is for Bob@example.org only." in text
    assert sign_up(visitor, BOB, page=page)[0] == 302
    assert state(app) == ("used", 1)
    shown = visitor.get("/people/2").text
    assert re.search(r"Joined</dt>\s*<dd>.*, invited by Alice Kim</dd>", shown)
    assert "bob@example.org signed up with the invitation 1" in re.sub("<[^>]*>", "", visitor.get("/activity/").text)


def test_looking_uses_nothing_up_and_each_use_counts(app: Flask, cast: Cast) -> None:
    page = page_of(app, uses="2")
    for name in ("bob", "charlie"):
        assert {Browser(app).get(page).status_code for _ in range(3)} == {200}
        assert sign_up(Browser(app), f"{name}@example.org", page=page)[0] == 302
    refused = Browser(app).get(page)
    assert (refused.status_code, state(app)) == (410, ("used", 2))
    assert "This invitation is used up. Ask Alice Kim for a new one." in refused.text


def test_one_that_expired_or_was_revoked_says_so_and_whom_to_ask(app: Flask, cast: Cast, moved_clock: Clock) -> None:
    hour, never = page_of(app, expires="1h"), page_of(app, expires="never")
    browser = Browser(app)
    token = browser.csrf(never)
    revoke(app, 2)
    moved_clock.move(minutes=61)
    for page, says in ((hour, "This invitation has expired."), (never, "This invitation was revoked.")):
        for answer in (browser.get(page), browser.client.post(page, data={"csrf_token": token, "email": BOB})):
            assert answer.status_code == 410
            assert f"{says} Ask Alice Kim for a new one." in answer.text
    with app.app_context(), write():
        db.session.get_one(User, 1).status = "deactivated"
    assert "This invitation was revoked. Ask a member for a new one." in browser.get(never).text


def test_a_wrong_signature_is_as_any_wrong_token(app: Flask, cast: Cast) -> None:
    first, second = page_of(app, BOB), page_of(app)
    revoke(app, 1)
    swapped = second.replace("=2-", "=1-")
    for page in (swapped, first[:-1], first.replace("=1-", "=9-"), "/user/signup/?token=1", "/user/signup/?token=1-"):
        answer = Browser(app).get(page)
        assert answer.status_code == 403
        assert "This invite link does not work any more." in answer.text
    assert Browser(app).get(f"{second}.").status_code == 200  # with what was pasted behind it


def test_a_restored_database_does_not_give_a_link_to_another_invitation(app: Flask, cast: Cast) -> None:
    old = page_of(app)
    with app.app_context(), write():
        db.session.delete(db.session.get_one(Invitation, 1))
        db.session.flush()
        db.session.add(Invitation(id=1))
    assert Browser(app).get(old).status_code == 403


def test_a_member_who_opens_it_is_told_who_they_are_and_what_it_is_for(app: Flask, cast: Cast) -> None:
    bob = cast.bob()
    shown = bob.browser.get(page_of(app, "eve@example.org", note="Come")).text
    for said in ("You are logged in as bob@example.org.", "Alice Kim invited eve@example.org.", "“Come”"):
        assert said in shown


def test_who_opens_the_link_again_that_they_came_with_is_told_so(app: Flask, cast: Cast) -> None:
    page, bob = page_of(app, BOB), Browser(app)
    assert sign_up(bob, BOB, page=page)[0] == 302
    answer = bob.get(page)
    assert answer.status_code == 200
    for said in ("You are logged in as bob@example.org.", "Alice Kim invited bob@example.org.", "is used up."):
        assert said in answer.text


def test_a_double_click_is_one_account_and_signs_in(app: Flask, cast: Cast) -> None:
    page, browser, first = page_of(app, BOB), Browser(app), app.test_client()
    shown = browser.get(page).text
    form = {name: hidden(shown, name) for name in ("csrf_token", "form_key")} | {"email": BOB, "password": PASSWORD}
    cookie = browser.client.get_cookie(session_cookie(app))
    assert cookie is not None
    first.set_cookie(session_cookie(app), cookie.value)
    assert [client.post(page, data=form).status_code for client in (first, browser.client)] == [302, 302]
    assert browser.get("/people/").status_code == 200


@pytest.mark.parametrize("uses", [1, 3])
def test_of_twenty_who_use_one_at_once_no_more_get_in_than_it_has_uses(app: Flask, cast: Cast, uses: int) -> None:
    page, statuses, forms = page_of(app, uses=str(uses)), list[int](), list[tuple[Browser, dict[str, str]]]()
    for number in range(20):
        form = {"csrf_token": (browser := Browser(app)).csrf(page), "email": f"p{number}@example.org"}
        forms.append((browser, form | {"password": PASSWORD}))

    def send() -> None:
        browser, form = forms.pop()
        statuses.append(browser.client.post(page, data=form).status_code)

    in_threads(20, send)
    assert Counter(statuses) == {302: uses, 410: 20 - uses}
    assert state(app) == ("used", uses)
    with app.app_context():
        assert db.session.query(User).where(User.invitation_id == 1).count() == uses


def test_the_statement_alone_keeps_the_limit(app: Flask, cast: Cast) -> None:
    page_of(app, uses="3")
    ended = Counter[bool]()

    def redeem() -> None:
        with app.app_context():
            try:
                with write():
                    db.session.get_one(Invitation, 1).redeem("")
                ended[False] += 1
            except InvitationEnded:
                ended[True] += 1

    in_threads(8, redeem)
    assert (ended, state(app)) == ({False: 3, True: 5}, ("used", 3))


@pytest.mark.parametrize("ending", ["revoked", "expired"])
def test_the_statement_alone_refuses_what_has_ended(app: Flask, cast: Cast, moved_clock: Clock, ending: str) -> None:
    page_of(app, expires="1h")
    if ending == "revoked":
        revoke(app, 1)
    else:
        moved_clock.move(hours=2)
    with app.app_context(), pytest.raises(InvitationEnded), write():
        db.session.get_one(Invitation, 1).redeem("")
    assert state(app) == (ending, 0)


def test_with_an_account_goes_the_address_in_its_invitations(app: Flask, cast: Cast, moved_clock: Clock) -> None:
    page_of(app, BOB, expires="1h")
    moved_clock.move(hours=2)
    assert sign_up(Browser(app), BOB, page=page_of(app, BOB))[0] == 302
    page_of(app, "eve@example.org")
    with app.app_context(), write():
        set_audit_context(AuditContext(actor_id=1))
        deletion.delete(db.session.get_one(User, 2))
    with app.app_context():
        assert [invitation.email for invitation in db.session.query(Invitation)] == ["eve@example.org"]

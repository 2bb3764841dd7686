"""Guessing is slowed, by account and by address; whoever knows the password gets in from elsewhere."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from ls.accounts import rate_limit
from ls.accounts.rate_limit import RateLimit, network
from ls.db.extensions import db
from ls.db.transaction import write
from ls.models import User
from ls.models.attempt import Attempt
from ls.security import passwords
from tests.cast import PASSWORD, Browser, Cast
from tests.conftest import Clock

Make = Callable[..., Flask]
SLOW = "Too many attempts. Wait a little, then try again."
WRONG = "a wrong guess"
LIMIT = rate_limit.ACCOUNT_FROM_ADDRESS.limit


def guess(
    app: Flask, email: str = "alice@example.org", password: str = WRONG, at: str = "192.0.2.1", **headers: str
) -> TestResponse:
    """One attempt from that address."""
    browser = Browser(app)
    form = {"csrf_token": browser.csrf(), "email": email, "password": password}
    return browser.client.post("/user/login/", data=form, headers=headers, environ_overrides={"REMOTE_ADDR": at})


def until_slowed(app: Flask, most: int = 30, **options: str) -> int:
    """How many wrong guesses were answered before the first 429."""
    for number in range(most):
        if guess(app, **options).status_code == 429:
            return number
    raise AssertionError(f"{most} guesses were not slowed")


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verifying is proven elsewhere, and a hundred times here; these are about counting."""
    monkeypatch.setattr(passwords, "verify", lambda stored, plain: bool(stored) and plain == PASSWORD)


@pytest.fixture
def alice(cast: Cast) -> None:
    """Alice's account."""
    cast.alice(sign_in=False)


@pytest.mark.usefixtures("alice")
def test_the_first_wrong_guess_is_never_slowed_and_the_thirtieth_always(app: Flask) -> None:
    assert until_slowed(app) == LIMIT
    assert 1 < LIMIT < 30


@pytest.mark.usefixtures("alice")
def test_a_slowed_guess_says_when_to_come_back_and_is_not_looked_at(
    app: Flask, monkeypatch: pytest.MonkeyPatch, moved_clock: Clock
) -> None:
    until_slowed(app)
    monkeypatch.setattr(passwords, "verify", lambda _stored, _plain: pytest.fail("a slowed guess costs no hash"))
    answer = guess(app, password=PASSWORD)
    wait = int(answer.headers["Retry-After"])
    assert answer.status_code == 429
    assert SLOW in answer.text
    assert 'value="alice@example.org"' in answer.text
    assert 0 < wait <= 15 * 60
    monkeypatch.setattr(passwords, "verify", lambda _stored, plain: plain == PASSWORD)
    moved_clock.move(seconds=wait)
    assert guess(app, password=PASSWORD).status_code == 302


@pytest.mark.usefixtures("alice")
def test_the_right_password_from_another_address_works(app: Flask) -> None:
    until_slowed(app)
    assert guess(app, password=PASSWORD, at="192.0.2.2").status_code == 302
    assert guess(app, password=PASSWORD, at="192.0.2.1").status_code == 429


@pytest.mark.usefixtures("alice")
def test_the_right_password_forgives_what_was_mistyped(app: Flask) -> None:
    for _ in range(3):
        for _ in range(LIMIT - 1):
            assert guess(app).status_code == 422
        assert guess(app, password=PASSWORD).status_code == 302


@pytest.mark.usefixtures("alice")
def test_an_own_account_does_not_reset_the_count_of_another(app: Flask, cast: Cast) -> None:
    cast.bob(sign_in=False)
    wrong = 0
    for _ in range(30):
        wrong += guess(app).status_code == 422
        guess(app, "bob@example.org", PASSWORD)
    assert wrong == LIMIT


@pytest.mark.usefixtures("alice")
def test_attacked_from_everywhere_the_owner_still_gets_in(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "ACCOUNT", RateLimit("account", 5, timedelta(hours=1)))
    for number in range(9):
        guess(app, at=f"198.51.100.{number}")
    statuses = [guess(app, at="203.0.113.7").status_code for _ in range(4)]
    assert statuses == [422, 422, 422, 429]  # a newcomer has three
    assert guess(app, password=PASSWORD, at="203.0.113.8").status_code == 302


def test_attempts_side_by_side_do_not_wait_for_each_other_in_a_ring(app: Flask) -> None:
    def attempts(number: int) -> None:
        with app.app_context():
            for _ in range(15):
                counts = rate_limit.reserve_sign_in("anna@example.org", f"192.0.2.{number % 2}")
                with write():
                    rate_limit.refund(counts)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempts, range(8)))


def test_many_accounts_from_one_address_are_slowed(app: Flask) -> None:
    statuses = [guess(app, f"p{number}@example.org").status_code for number in range(100)]
    assert statuses[0] == 422
    assert statuses[-1] == 429
    assert guess(app, "p0@example.org", at="192.0.2.2").status_code == 422


SPELLINGS = [
    "alice@example.org",
    "ALICE@example.org",
    " alice@example.org ",
    "Alice@EXAMPLE.ORG",
    "alice@example.org\t",
]
OTHERS = ["ａlice@example.org", "a.lice@example.org", "alice+x@example.org", "alıce@example.org"]


@pytest.mark.usefixtures("alice")
def test_spelling_the_address_differently_is_no_way_around(app: Flask) -> None:
    statuses = [guess(app, SPELLINGS[number % len(SPELLINGS)]).status_code for number in range(20)]
    assert statuses.count(422) == LIMIT
    for other in OTHERS:  # these are other accounts, or none: they never open Alice's
        assert guess(app, other, PASSWORD, at="192.0.2.9").status_code == 422, other


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-Ip", "X-Client-Ip", "Client-Ip"])
def test_a_forged_address_is_no_way_around(app: Flask, name: str) -> None:
    assert until_slowed(app) == LIMIT
    assert guess(app, **{name: "203.0.113.5"}).status_code == 429
    assert guess(app, **{name: "for=203.0.113.6"}).status_code == 429


def test_behind_a_trusted_proxy_each_client_counts_for_itself(make_app: Make) -> None:
    app = make_app(TRUSTED_PROXIES="192.0.2.1")
    Cast(app).alice(sign_in=False)
    until_slowed(app, **{"X-Forwarded-For": "203.0.113.5"})
    assert guess(app, **{"X-Forwarded-For": "203.0.113.6"}).status_code == 422
    assert guess(app, **{"X-Forwarded-For": "203.0.113.6, 203.0.113.5"}).status_code == 429


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "", True),
    ],
)
def test_what_counts_as_one_address(one: str, other: str, same: bool) -> None:
    assert (network(one) == network(other)) == same


def test_the_table_tells_nobodys_address_and_cleans_itself(app: Flask, moved_clock: Clock) -> None:
    for number in range(40):
        guess(app, f"p{number}@example.org", at=f"192.0.2.{number}")

    def rows() -> int:
        with app.app_context():
            return db.session.scalar(select(func.count()).select_from(Attempt)) or 0

    assert rows() == 40 * 3
    with app.app_context():
        assert all(len(key) == 64 and int(key, 16) for key in db.session.scalars(select(Attempt.key)))
    moved_clock.move(hours=2)
    for _ in range(8):
        guess(app)
    assert rows() == 3


def test_making_accounts_by_the_hundred_is_slowed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "SIGN_UP", RateLimit("sign-up", 2, timedelta(hours=1)))
    answers = []
    for number in range(3):
        form = {"email": f"p{number}@example.org", "password": PASSWORD}
        answers.append(Browser(app).post("/user/signup/", form, page="/user/signup/"))
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert SLOW in answers[2].text
    assert 'value="p2@example.org"' in answers[2].text
    assert 0 < int(answers[2].headers["Retry-After"]) <= 3600
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 2


def test_who_stands_behind_a_proxy_that_nobody_named_is_not_one_guesser(app: Flask, cast: Cast) -> None:
    cast.alice(sign_in=False)
    office = {"X-Forwarded-For": "203.0.113.7"}
    for number in range(61):
        assert guess(app, f"p{number}@example.org", at="10.0.0.7", **office).status_code == 422
    assert guess(app, password=PASSWORD, at="10.0.0.7", **office).status_code == 302


@pytest.mark.usefixtures("alice")
def test_who_claims_to_be_one_still_has_few_guesses_at_an_account(app: Flask) -> None:
    claims = [{"X-Forwarded-For": f"203.0.113.{number}"} for number in range(LIMIT + 1)]
    statuses = [guess(app, at="10.0.0.7", **claim).status_code for claim in claims]
    assert statuses == [422] * LIMIT + [429]


def test_who_claims_it_from_outside_is_counted(app: Flask) -> None:
    claim = {"X-Forwarded-For": "10.0.0.7"}
    statuses = [guess(app, f"p{number}@example.org", at="8.8.8.8", **claim).status_code for number in range(61)]
    assert statuses[-1] == 429
